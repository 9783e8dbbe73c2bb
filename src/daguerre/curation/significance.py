"""How far a day, or an event, stands out from the owner's own usual one.

A count of photos finds days with many photos: a series of one cat, things for sale, screenshots. What people remember
is who was there, where it was, how long it lasted and what they came back to. Every part is compared with the owner's
own days of that time: three people are many for one and few for another.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.home import find_homes
from daguerre.curation.places import distance_km, filled_positions

#: About 11 km of latitude; columns are as wide as they are at the equator, which is near enough for rarity.
_CELL_DEG = 0.1
_FILL_S = 30 * 60.0
#: How many days around one are its usual ones: habits and cameras change over the years.
_AROUND = 61
#: A value as far out as this is as far out as it gets.
_LOWEST, _HIGHEST = -2.0, 4.0
#: Few moments say little: every mean has so many usual ones added.
_PRIOR = 3.0


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What each part counts. The names are those of the parts."""

    moments: float = 0.8
    hours: float = 0.8
    faces: float = 1.0
    people: float = 1.0
    new_place: float = 0.7
    far: float = 0.5
    loved: float = 0.8


#: What a part must be off the usual at least to be one unit, where the owner's days do not differ at all.
_SCALES = Weights(moments=0.7, hours=0.5, faces=0.3, people=0.5, new_place=0.25, far=1.0, loved=0.5)
WEIGHTS = Weights()
PARTS = tuple(field.name for field in fields(Weights))


@dataclass(frozen=True, kw_only=True, eq=False)
class Significance:
    """Of k days or events.

    Attributes:
        score: `(k,)`, 0 for the usual one.
        parts: What each part adds to the score, by name, each `(k,)`.
    """

    score: Floats
    parts: dict[str, Floats]

    def reasons(self, one: int, most: int = 2) -> list[str]:
        """Return the parts that make this one stand out, strongest first."""
        adds = sorted(((float(values[one]), name) for name, values in self.parts.items()), reverse=True)
        return [name for add, name in adds[:most] if add > 0.5]


def significance(
    columns: PhotoColumns, label: Ints, moment: Ints, counted: Bools, km: Floats, weights: Weights = WEIGHTS
) -> Significance:
    """Score each label.

    Args:
        columns: n photos in order of time, without NaN in `taken_s`.
        label: `(n,)` day or event of each photo, 0..k-1 in order of time.
        moment: `(n,)` moment of each photo: what shows the same counts once.
        counted: `(n,)` which photos count: no documents, nothing that is not to be shown.
        km: `(n,)` as from `kilometres`.
        weights: What each part counts.
    """
    many = int(label.max()) + 1 if len(label) else 0
    rows = np.flatnonzero(counted)
    if not len(rows):
        return Significance(score=np.full(many, _LOWEST), parts={name: np.zeros(many) for name in PARTS})
    values = _values(columns, rows, label, moment, km)
    seen = np.bincount(label[rows], minlength=many) > 0
    parts = {
        name: getattr(weights, name) * _off_the_usual(values[name], seen, getattr(_SCALES, name)) for name in PARTS
    }
    return Significance(score=np.where(seen, sum(parts.values()), _LOWEST), parts=parts)


def kilometres(columns: PhotoColumns) -> Floats:
    """Return how far from home each photo was taken, gaps filled from half an hour around; NaN where nobody knows."""
    homes = find_homes(columns.local_s, columns.lat, columns.lon)
    if homes is None:
        return np.full(len(columns), np.nan)
    lat, lon = filled_positions(columns.taken_s, columns.lat, columns.lon, within_s=_FILL_S)
    return distance_km(lat, lon, *homes.at(columns.local_s))


def _values(columns: PhotoColumns, rows: Ints, label: Ints, moment: Ints, km: Floats) -> dict[str, Floats]:
    """Return each part of each label before it is compared, `(k,)` each."""
    many = int(label.max()) + 1
    # One row per moment of a label: the best known of its frames.
    _, first, of = np.unique(label[rows] * (len(label) + 1) + moment[rows], return_index=True, return_inverse=True)
    own, alone = rows[first], label[rows][first]
    count = np.bincount(alone, minlength=many).astype(np.float64)
    faces = np.full(len(own), -1.0)
    np.maximum.at(faces, of, np.nan_to_num(columns.faces[rows], nan=-1.0))
    hour = (columns.local_s[own] // 3600).astype(np.int64)
    hour -= hour.min()
    hours = np.unique(alone * (hour.max() + 1) + hour) // (hour.max() + 1)
    new_place, far = _places(columns, km, own, alone, many)
    loved = 3 * columns.favorites[rows] + columns.views[rows]
    return {
        "moments": np.log1p(count),
        "hours": np.log1p(np.bincount(hours, minlength=many)),
        "faces": np.log1p(_mean(faces, faces >= 0, alone, many)),
        "people": _rare_people(columns, rows, label, many),
        "new_place": new_place,
        "far": far,
        "loved": np.log1p(np.bincount(label[rows], loved, minlength=many)) - 0.3 * np.log1p(count),
    }


def _mean(values: Floats, known: Bools, label: Ints, many: int) -> Floats:
    """Return the mean per label, drawn to that of all where there are few values."""
    if not known.any():
        return np.zeros(many)
    usual = float(values[known].mean())
    total = np.bincount(label[known], values[known], minlength=many)
    return (total + _PRIOR * usual) / (np.bincount(label[known], minlength=many) + _PRIOR)


def _rare_people(columns: PhotoColumns, rows: Ints, label: Ints, many: int) -> Floats:
    """Return the sum over who was there of how seldom they are."""
    met = {
        (int(label[row]), who) for row in rows[[bool(p) for p in columns.people[rows]]] for who in columns.people[row]
    }
    result = np.zeros(many)
    if not met:
        return result
    labels, names = zip(*sorted(met), strict=True)
    _, code = np.unique(np.array(names, dtype=str), return_inverse=True)
    times = np.bincount(code)
    with_people = len(set(labels))
    np.add.at(result, np.array(labels), np.log(with_people / times[code]))
    return np.log1p(result)


def _places(columns: PhotoColumns, km: Floats, own: Ints, alone: Ints, many: int) -> tuple[Floats, Floats]:
    """Return how seldom the owner was at the places of each label, 0..1, and the logarithm of how far they are."""
    lat, lon = filled_positions(columns.taken_s, columns.lat, columns.lon, within_s=_FILL_S)
    known = ~np.isnan(lat[own])
    if not known.any():
        return np.zeros(many), np.zeros(many)
    at, whose = own[known], alone[known]
    cell = np.floor(lat[at] / _CELL_DEG).astype(np.int64) * 100_000 + np.floor(lon[at] / _CELL_DEG).astype(np.int64)
    names, code = np.unique(cell, return_inverse=True)
    visits = np.unique(code * (many + 1) + whose) // (many + 1)
    seldom = 1 - np.log(np.bincount(visits, minlength=len(names))) / np.log(len(np.unique(whose)) + 1)
    # An errand to a new place is no outing: it needs some moments to count in full.
    share = np.bincount(whose, minlength=many) + _PRIOR
    return (
        np.bincount(whose, seldom[code], minlength=many) / share,
        np.bincount(whose, np.log1p(km[at] / 10), minlength=many) / share,
    )


def _off_the_usual(values: Floats, seen: Bools, scale: float) -> Floats:
    """Return how far each value lies from the median of those around it, in robust deviations."""
    own = values[seen]
    usual = _medians(own)
    spread = 1.4826 * float(np.median(np.abs(own - usual)))
    result = np.zeros(len(values))
    result[seen] = np.clip((own - usual) / max(spread, scale), _LOWEST, _HIGHEST)
    return result


def _medians(values: Floats) -> Floats:
    """Return the median of the values around each one; at the ends, of the first or last ones."""
    if len(values) <= _AROUND:
        return np.full(len(values), np.median(values))
    middle = np.median(sliding_window_view(values, _AROUND), axis=1)
    return np.concatenate([np.full(_AROUND // 2, middle[0]), middle, np.full(_AROUND // 2, middle[-1])])
