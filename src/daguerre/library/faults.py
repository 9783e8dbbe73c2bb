"""Which files are broken, or lie about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daguerre.library.seeding import rng
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import Fault, TruthRow

#: One of each kind before any second one.
_ORDER = tuple(Fault)


def with_faults(spec: LibrarySpec, rows: Sequence[TruthRow]) -> list[TruthRow]:
    """Return the rows of the whole library with its share of faults; copies, originals and bursts stay whole."""
    may_break = [n for n in plain_files(rows) if rows[n].gps_lat is not None and rows[n].theme != "birthday"]
    r = rng(spec.seed, "faults")
    chosen = r.permutation(len(may_break))[: round(spec.difficulty.fault_share * len(rows))]
    broken = list(rows)
    for rank, choice in enumerate(chosen.tolist()):
        fault = _ORDER[rank % len(_ORDER)]
        broken[may_break[choice]] = _broken(rows[may_break[choice]], fault)
    return broken


def plain_files(rows: Sequence[TruthRow]) -> list[int]:
    """Return the positions of the JPEGs that may be changed alone: no copies, originals of copies, or bursts."""
    needed = {row.duplicate_of for row in rows} | {row.shared_from for row in rows}
    return [
        number
        for number, row in enumerate(rows)
        if row.format == "jpeg" and not row.transform and row.burst_id is None and row.key not in needed
    ]


def _broken(row: TruthRow, fault: Fault) -> TruthRow:
    match fault:
        case Fault.NO_EXIF:
            bare = replace(row, exif_time=None, exif_offset=None, gps_lat=None, gps_lon=None)
            return replace(bare, fault=fault, orientation=1, software="")
        case Fault.CLOCK_1970:
            return replace(row, fault=fault, exif_time="1970:01:01 00:00:00.000", exif_offset=None)
        case Fault.NULL_ISLAND:
            return replace(row, fault=fault, gps_lat=0.0, gps_lon=0.0)
        case _:
            return replace(row, fault=fault)
