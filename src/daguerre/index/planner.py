"""How one corpus-wide query is answered: exactly, or through the ANN index and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass

from daguerre.index.snapshot import Snapshot

#: What an unfiltered query does at first; the audit raises it when recall is short.
NPROBES, REFINE = 16, 3
#: Effort in growing order. Queries from another modality need a deeper refine first, more lists second.
LADDER = ((16, 3), (16, 10), (64, 10), (256, 10))
#: Up to here, comparing every row that the filter lets through is cheaper than any index and misses nothing.
FLAT_ROWS = 5_000
#: A filter hides most of each list, so more lists are visited: at 16 of 244 lists recall fell to .84.
_FILTERED_NPROBES, _FILTERED_REFINE = 64, 10


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to answer one query. `nprobes` and `refine` matter when `ann` is set."""

    ann: bool
    nprobes: int = 0
    refine: int = 0


def plan(snapshot: Snapshot, *, matching: int, filtered: bool) -> Plan:
    """Choose the way for a query whose filter lets `matching` rows through."""
    if not snapshot.ann or (filtered and matching <= FLAT_ROWS):
        return Plan(ann=False)
    # A sixteenth of the lists, so that recall does not fall as the table grows.
    nprobes = max(snapshot.nprobes, snapshot.partitions // 16)
    if not filtered:
        return Plan(ann=True, nprobes=min(nprobes, snapshot.partitions), refine=snapshot.refine)
    nprobes = max(nprobes, _FILTERED_NPROBES)
    return Plan(ann=True, nprobes=min(nprobes, snapshot.partitions), refine=max(snapshot.refine, _FILTERED_REFINE))
