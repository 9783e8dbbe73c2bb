"""Rows of what was put right in one owner's library: clocks that were wrong, places that nobody wrote."""

from __future__ import annotations

import numpy as np

from daguerre.curation.clock_skew import Skew, as_written, corrected_by, find_skews
from daguerre.curation.columns import PhotoColumns
from daguerre.curation.inferred_places import NEAR_S, infer_places
from daguerre.ids import OwnerId
from daguerre.stages.instants import instant
from daguerre.stages.libraries import Row, row_id

#: A place told from so far in time is worth half of one told by the same minute.
_HALF_S = 4 * NEAR_S


def correction_rows(owner: OwnerId, library: PhotoColumns) -> list[Row]:
    """Return the corrections of one owner, without code version, from the library with corrected times."""
    written = as_written(library)
    skews = find_skews(written) if library.skew_s.any() else ()
    return [*(_clock_row(owner, written, skew) for skew in skews), *_place_rows(owner, library)]


def _clock_row(owner: OwnerId, written: PhotoColumns, skew: Skew) -> Row:
    photos = written.photo_id[corrected_by(written, skew)].tolist()
    return {
        "correction_id": row_id("clock", owner, skew.camera, photos[0]),
        "owner_id": owner,
        "kind": "clock",
        "camera": skew.camera,
        "reference": skew.reference,
        "offset_s": skew.offset_s,
        "from_at": instant(skew.from_s),
        "to_at": instant(skew.to_s),
        "confidence": skew.confidence,
        "pairs": skew.pairs,
        "photo_ids": photos,
    }


def _place_rows(owner: OwnerId, library: PhotoColumns) -> list[Row]:
    """Return a row for each run of photos that took one position from the same neighbour."""
    places = infer_places(library)
    rows = np.flatnonzero(places.inferred)
    moves = (np.diff(places.lat[rows]) != 0) | (np.diff(places.lon[rows]) != 0) | (np.diff(rows) > 1)
    return [
        {
            "correction_id": row_id("place", owner, library.photo_id[run[0]]),
            "owner_id": owner,
            "kind": "place",
            "from_at": instant(library.taken_s[run[0]] + library.skew_s[run[0]]),
            "to_at": instant(library.taken_s[run[-1]] + library.skew_s[run[-1]]),
            "confidence": float(0.5 ** (places.away_s[run].max() / _HALF_S)),
            "pairs": 1,
            "lat": places.lat[run[0]],
            "lon": places.lon[run[0]],
            "place": places.place[run[0]] or None,
            "photo_ids": library.photo_id[run].tolist(),
        }
        for run in np.split(rows, np.flatnonzero(moves) + 1)
        if len(run)
    ]
