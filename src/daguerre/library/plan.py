"""A whole library, as truth: a pure function of its spec, without a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from daguerre.errors import DaguerreError
from daguerre.library.arrivals import LANDED_BY, arrival_times
from daguerre.library.copies import copies_of, shared_with
from daguerre.library.faults import plain_files, with_faults
from daguerre.library.lives import Life, life_of
from daguerre.library.naming import name_files
from daguerre.library.occasions import Occasion, occasions_of
from daguerre.library.papers import papers_of
from daguerre.library.seeding import rng
from daguerre.library.shooting import shots_of
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import Fault, TruthRow

#: Small libraries keep this much of each event, and leave out whole events instead.
_LEAST_SCALE = 0.45
_TRIPS_FIRST = 2


class BadSpecError(DaguerreError):
    """This library cannot be generated."""

    exit_code = 2


@dataclass(frozen=True)
class LibraryPlan:
    """The truth about a library.

    Attributes:
        rows: One row per file, in order of keys.
    """

    spec: LibrarySpec
    rows: tuple[TruthRow, ...]

    @cached_property
    def by_key(self) -> dict[str, TruthRow]:
        """Return the rows by source key."""
        return {row.key: row for row in self.rows}

    def of(self, owner_id: str) -> list[TruthRow]:
        """Return the rows of one owner."""
        return [row for row in self.rows if row.owner_id == owner_id]

    def original(self, row: TruthRow) -> TruthRow | None:
        """Return the row from whose picture this file was made, or None when it is no copy."""
        key = row.duplicate_of or row.shared_from
        return self.by_key[key] if key else None


def plan_library(spec: LibrarySpec) -> LibraryPlan:
    """Return the truth about the library that the spec describes.

    Raises:
        BadSpecError: it has no owner, fewer photos than owners, or no landing day.
    """
    if not spec.owners or spec.photos < len(spec.owners) or not spec.landings or spec.days < 1:
        raise BadSpecError(repr(spec), fix="Give at least one owner, one day, one landing day and one photo per owner.")
    lives = [life_of(spec.seed, owner, rank) for rank, owner in enumerate(spec.owners)]
    rows: list[TruthRow] = []
    for rank, life in enumerate(lives):
        target = spec.photos // len(lives) + (rank < spec.photos % len(lives))
        friend = rows if rank else []
        rows += _rows_of(spec, life, target, [row for row in friend if row.owner_id == lives[rank - 1].owner_id])
    return LibraryPlan(spec=spec, rows=tuple(sorted(_settled(spec, rows), key=lambda row: row.key)))


def landing_days(plan: LibraryPlan) -> list[datetime]:
    """Return, in order, the moments by which each landing day's files lie in the source."""
    return [datetime.combine(day, LANDED_BY, UTC) for day in sorted({row.landed_at.date() for row in plan.rows})]


def _rows_of(spec: LibrarySpec, life: Life, target: int, friends: list[TruthRow]) -> list[TruthRow]:
    """Return exactly `target` rows of one owner; what chance leaves over becomes papers."""
    shared = list(shared_with(spec, life.owner_id, friends, round(spec.shared * target))) if friends else []
    copies = round(spec.copies * target)
    papers = round(spec.papers * target)
    taken = _photos(spec, life, target - len(shared) - copies - papers)[: target - len(shared)]
    taken += list(copies_of(spec, taken, min(copies, target - len(shared) - len(taken))))
    rest = target - len(shared) - len(taken)
    return [*taken, *shared, *papers_of(spec, life, rest)]


def _photos(spec: LibrarySpec, life: Life, wanted: int) -> list[TruthRow]:
    occasions = list(occasions_of(spec.seed, life, spec.first_day, spec.days, spec.difficulty))
    offered = sum(occasion.shots for occasion in occasions)
    scale = max(_LEAST_SCALE, wanted / max(1, offered) * 1.05)
    rows: list[TruthRow] = []
    for occasion in _by_choice(spec, life, occasions):
        if len(rows) >= wanted:
            break
        shots = min(max(1, round(occasion.shots * scale)), wanted - len(rows))
        rows += shots_of(spec, life, occasion, shots)
    return rows


def _by_choice(spec: LibrarySpec, life: Life, occasions: list[Occasion]) -> Iterator[Occasion]:
    """Yield occasions in the order in which a library that is too small for all keeps them."""
    groups: dict[str, list[Occasion]] = {}
    for occasion in occasions:
        groups.setdefault(occasion.group, []).append(occasion)
    names = list(groups)
    order = [names[i] for i in rng(spec.seed, "choice", life.owner_id).permutation(len(names)).tolist()]
    trips = [name for name in order if groups[name][0].trip_id][:_TRIPS_FIRST]
    birthdays = [name for name in order if groups[name][0].theme == "birthday"]
    first = [*birthdays, *trips]
    for name in (*first, *(name for name in order if name not in first)):
        yield from groups[name]


def _settled(spec: LibrarySpec, rows: list[TruthRow]) -> Iterator[TruthRow]:
    """Give rows their faults, names and landing times, and let references follow the names."""
    rows = _with_huge(spec, with_faults(spec, rows))
    names: dict[str, str] = {}
    landed: dict[str, datetime] = {}
    for owner in spec.owners:
        own = [row for row in rows if row.owner_id == owner]
        names |= name_files(spec, own)
        landed |= arrival_times(spec, own)
    for row in rows:
        key = names[row.key]
        if row.fault is Fault.WRONG_EXTENSION:
            key = key.rpartition(".")[0] + ".png"
        yield replace(
            row,
            key=key,
            duplicate_of=names[row.duplicate_of] if row.duplicate_of else None,
            shared_from=names[row.shared_from] if row.shared_from else None,
            landed_at=landed[row.key],
        )


def _with_huge(spec: LibrarySpec, rows: list[TruthRow]) -> list[TruthRow]:
    """Let a few plain photos be as large as cameras make them."""
    plain = [number for number in plain_files(rows) if rows[number].readable and rows[number].category == "photo"]
    for number in rng(spec.seed, "huge").permutation(len(plain))[: spec.sizes.huge_count].tolist():
        row = rows[plain[number]]
        width, height = spec.sizes.huge if row.width >= row.height else reversed(spec.sizes.huge)
        rows[plain[number]] = replace(row, width=width, height=height)
    return rows
