"""What one owner does not want to be reminded of. Applied when a memory is made, and again when it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.curation.columns import DAY_S, Bools, PhotoColumns
from daguerre.curation.exclusions import never_shown
from daguerre.curation.inferred_places import infer_places
from daguerre.curation.places import distance_km
from daguerre.errors import DaguerreError
from daguerre.storage.canonical import canonical_json


class ExclusionError(DaguerreError):
    """The exclusion cannot be used."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True, order=True)
class Days:
    """From the first to the last day, both included, as a clock on the wall showed them."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ExclusionError(f"days from {self.first} to {self.last}", fix="Give the earlier day first.")


@dataclass(frozen=True, kw_only=True, order=True)
class Area:
    """A circle on the globe: degrees and kilometres."""

    lat: float
    lon: float
    km: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180 and 0 < self.km <= 20_100):
            raise ExclusionError(f"an area at {self.lat}, {self.lon} of {self.km} km")


@dataclass(frozen=True, kw_only=True)
class ExclusionRules:
    """Every rule of one owner; a photo that meets one of them is shown in no memory.

    Attributes:
        number: Counts the versions; 0: the owner never said anything.
        archived, locked: Ids of photos.
        people: Names of people, hidden wherever they appear.
        classes: Concepts, as `photo_concepts_v1` names them, beyond documents and screenshots, which are never shown.
        places: Names of places, as in `Lisbon, PT`.
        days: Ranges of days.
        areas: Circles; in places and circles, a photo without GPS is where its neighbours in time are.
    """

    number: int = 0
    archived: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    days: tuple[Days, ...] = ()
    areas: tuple[Area, ...] = ()

    def to_json(self) -> bytes:
        """Encode the rules; equal rules have equal bytes."""
        return canonical_json(
            {
                "number": self.number,
                **{name: sorted(getattr(self, name)) for name in _SETS},
                "days": [[d.first.isoformat(), d.last.isoformat()] for d in sorted(self.days)],
                "areas": [[a.lat, a.lon, a.km] for a in sorted(self.areas)],
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> ExclusionRules:
        """Decode rules. Raises ExclusionError: a rule that is not understood must hide nothing by accident."""
        try:
            told: Mapping[str, Any] = json.loads(data)
            if unknown := set(told) - {"number", "days", "areas", *_SETS}:
                raise ExclusionError(f"unknown rules {', '.join(sorted(unknown))}", fix="Use a newer Daguerre.")
            return cls(
                number=int(told["number"]),
                days=tuple(Days(first=date.fromisoformat(a), last=date.fromisoformat(b)) for a, b in told["days"]),
                areas=tuple(Area(lat=lat, lon=lon, km=km) for lat, lon, km in told["areas"]),
                **{name: frozenset(told[name]) for name in _SETS},
            )
        except (ValueError, TypeError, KeyError) as e:
            raise ExclusionError(f"rules that cannot be read ({e})") from e

    def having(self, name: str, values: Iterable[Any], *, on: bool = True) -> ExclusionRules:
        """Return the rules with some values of one of the attributes added, or taken away."""
        before = set(getattr(self, name))
        after = before | set(values) if on else before - set(values)
        changed: Any = frozenset(after) if name in _SETS else tuple(sorted(after))
        return replace(self, **{name: changed})


#: The rules of somebody who never said anything.
NOTHING_EXCLUDED = ExclusionRules()
_SETS = ("archived", "locked", "people", "classes", "places")


def excluded(columns: PhotoColumns, rules: ExclusionRules, *, until_s: float) -> Bools:
    """Return which photos no memory may contain, by the owner's rules or in general: `(n,) bool`.

    Arguments as for `never_shown`.
    """
    return never_shown(columns, until_s=until_s) | hidden(columns, rules)


def hidden(columns: PhotoColumns, rules: ExclusionRules) -> Bools:
    """Return which photos the owner's rules hide: `(n,) bool`. What has no time is in no range of days."""
    result = _among(columns.photo_id, rules.archived | rules.locked)
    result |= _among(columns.concept, rules.classes)
    if rules.people:
        result |= np.array([not rules.people.isdisjoint(people) for people in columns.people], bool)
    for days in rules.days:
        # a photo whose clock was corrected is hidden with the day that it wrote, too: a correction may be wrong
        for local_s in (columns.local_s, columns.local_s + columns.skew_s):
            result |= (local_s >= _midnight(days.first)) & (local_s < _midnight(days.last) + DAY_S)
    if rules.places or rules.areas:
        where = infer_places(columns)
        # The name that a photo carries counts, whatever its neighbours tell.
        result |= _among(columns.place, rules.places) | _among(where.place, rules.places)
        for area in rules.areas:
            far = distance_km(where.lat, where.lon, np.array(area.lat), np.array(area.lon))
            result |= np.nan_to_num(far, nan=np.inf) <= area.km
    return result


def _among(values: npt.NDArray[np.object_], wanted: frozenset[str]) -> Bools:
    return np.array([value in wanted for value in values], bool) if wanted else np.zeros(len(values), bool)


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
