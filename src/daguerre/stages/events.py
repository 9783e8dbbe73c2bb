"""The events stage: what happened when and where, and on which trip, for the owners that a batch touches."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.timeline import list_events, timeline
from daguerre.ids import BatchKey, OwnerId
from daguerre.stages.corrections import correction_rows
from daguerre.stages.instants import instant
from daguerre.stages.libraries import Curation, Row, curate, row_id
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "events-2"


def run_events(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Cut the libraries of every owner that the batch touches into events; keep what was put right for that."""
    curation = Curation(
        stage="events",
        table=catalogue.events(ws),
        curator=event_rows,
        code_version=CODE_VERSION,
        beside=((catalogue.corrections(ws), correction_rows),),
    )
    return curate(ws, batch, curation, progress=progress)


def event_rows(owner: OwnerId, library: PhotoColumns) -> list[Row]:
    """Return the events of one owner, without code version. An event is named by its first photo, a trip likewise."""
    line = timeline(library)
    ids, taken_s = line.columns.photo_id, line.columns.taken_s
    trips = [row_id("trip", owner, ids[trip.first]) for trip in line.trips]
    return [
        {
            "event_id": row_id("event", owner, ids[event.rows[0]]),
            "owner_id": owner,
            "starts_at": instant(taken_s[event.rows[0]]),
            "ends_at": instant(taken_s[event.rows[-1]]),
            "lat": None if np.isnan(event.lat) else event.lat,
            "lon": None if np.isnan(event.lon) else event.lon,
            "place": event.place or None,
            "trip_id": None if event.trip is None else trips[event.trip],
            "photo_ids": ids[list(event.rows)].tolist(),
            "representative_id": ids[event.representative],
            "place_inferred": event.inferred,
            "moments": event.moments,
        }
        for event in list_events(line)
    ]
