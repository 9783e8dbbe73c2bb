"""An owner's photos in order of time, cut into events, with the trips among them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from daguerre.curation.best_shot import appeal
from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns, timed
from daguerre.curation.events import RULES as EVENT_RULES
from daguerre.curation.events import EventRules, event_labels
from daguerre.curation.exclusions import documents
from daguerre.curation.groups import runs
from daguerre.curation.inferred_places import Places, infer_places
from daguerre.curation.ranking import Judge
from daguerre.curation.selection import cover, moment_labels
from daguerre.curation.trips import RULES as TRIP_RULES
from daguerre.curation.trips import Trip, TripRules, find_trips


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """n photos with a time to go by, ascending.

    Attributes:
        columns: The photos.
        event: `(n,)` number of each photo's event, from 0.
        trips: Their rows count in `columns`.
        quality: `(n,)` in 0..1, among all of the owner's photos.
    """

    columns: PhotoColumns
    event: Ints
    trips: tuple[Trip, ...]
    quality: Floats


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event, ready to be stored: rows of the timeline, ascending; the representative; the trip it belongs to.

    `trip` counts in the timeline's trips; None at home. Positions are the median of the photos' own; where none has
    one, `inferred` says that they are those of the neighbours in time. `moments` counts what it consists of.
    """

    rows: tuple[int, ...]
    representative: int
    place: str
    lat: float
    lon: float
    inferred: bool
    moments: int
    trip: int | None


def timeline(
    library: PhotoColumns, events: EventRules = EVENT_RULES, trips: TripRules = TRIP_RULES, judge: Judge = appeal
) -> Timeline:
    """Return the timeline of a library, whatever the order of its rows; `judge` says how good each photo is."""
    library = library.in_order()
    known, quality = timed(library), judge(library)
    columns = library.take(known)
    return Timeline(
        columns=columns,
        event=event_labels(columns.taken_s, columns.lat, columns.lon, events),
        trips=tuple(find_trips(columns.taken_s, columns.offset_s, columns.lat, columns.lon, trips)),
        quality=quality[known],
    )


def list_events(line: Timeline) -> list[Event]:
    """Return the events in order of time."""
    columns = line.columns
    dull, places = documents(columns), infer_places(columns)
    moment = moment_labels(columns.taken_s, columns.descriptor, np.arange(len(columns)))
    return [_event(line, rows, dull, places, len(np.unique(moment[rows]))) for rows in runs(line.event)]


def places_by_photos(columns: PhotoColumns | Places, rows: Ints) -> list[tuple[str, int]]:
    """Return the named places of some photos with their counts, most photographed first, names in order of a tie."""
    counts = Counter(name for name in columns.place[rows].tolist() if name)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _event(line: Timeline, rows: Ints, dull: Bools, places: Places, moments: int) -> Event:
    columns = line.columns
    lively = rows[~dull[rows]] if not dull[rows].all() else rows
    own = rows[~np.isnan(columns.lat[rows])]
    located = own if len(own) else rows[places.inferred[rows]]
    names = places_by_photos(columns if len(own) else places, rows)
    middle = (len(rows) - 1) // 2
    trip = next((i for i, t in enumerate(line.trips) if t.first <= rows[middle] <= t.last), None)
    return Event(
        rows=tuple(rows.tolist()),
        representative=int(lively[cover(line.quality[lively], columns.descriptor[lively])]),
        place=names[0][0] if names else "",
        lat=float(np.median(places.lat[located])) if len(located) else np.nan,
        lon=float(np.median(places.lon[located])) if len(located) else np.nan,
        inferred=bool(len(located)) and not len(own),
        moments=moments,
        trip=trip,
    )
