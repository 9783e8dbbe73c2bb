"""Does a space hold every photo? Counted anew from the tables, never taken from what a run said of itself.

A photo counts against a release from the moment that production's published index can show it, or any photo of its
batch or of a later one: then searching must not lose it by the move. Photos that land right now and that production
itself cannot show yet do not count; they are embedded into both spaces alike. Without a production every photo counts.

Memory: 16 bytes per vector of the published index, as much again for production's while photos are landing and for
vectors that are not published yet, and what was refused; photos are streamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from daguerre.ids import BatchKey, SpaceName, batch_number
from daguerre.index.snapshot import Snapshot, find_snapshot
from daguerre.lifecycle.counting import CHUNK_ROWS, Counting
from daguerre.lifecycle.moves import MoveError, spec_of
from daguerre.lifecycle.standing import standing
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import keep_evidence
from daguerre.registry.log import read_state, record
from daguerre.registry.state import PRODUCTION, State
from daguerre.tables import catalogue
from daguerre.tables.ledger import ledger
from daguerre.workspace import Workspace


class IncompleteError(MoveError):
    """The space does not hold every photo."""


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """What one space holds of the photos that count.

    Attributes:
        photos: Photos, videos and keyframes that count; vectors + rejected + missing.
        vectors: How many of them the published index holds.
        rejected: Refusals of the encoder by reason.
        batches: Batches that the photos that count come from.
        landing: Photos that do not count yet, because production cannot show their batch either.
        missing: Some of the photos that have neither vector nor refusal, or are not in the published index.
        lost: How many such photos there are.
        unpublished: How many of those have a vector that was not published yet.
        open_batches: Batches with missing photos or unfinished stages, with how much is open.
        index_rows: Vectors in the published index, counted.
        snapshot_version: Version of the vectors that is published; 0: none.
        evidence: Key and sha256 of the stored proof; empty for a mere measurement.
    """

    digest: str
    space: SpaceName
    photos: int
    vectors: int
    rejected: Mapping[str, int]
    batches: int
    landing: int
    missing: tuple[str, ...]
    lost: int
    unpublished: int
    open_batches: Mapping[str, int]
    index_rows: int
    snapshot_version: int
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Say whether nothing is missing and there is an index to search."""
        return bool(self.snapshot_version) and not self.lost and not self.open_batches

    def sentence(self) -> str:
        """Say what is missing, or that nothing is."""
        if not self.snapshot_version:
            return f"{self.space} has no published index"
        refused = sum(self.rejected.values())
        if self.complete:
            return f"{self.space} holds {self.vectors} of {self.photos} photos; {refused} were refused, none is missing"
        batches = ", ".join(f"{batch} ({number})" for batch, number in list(self.open_batches.items())[:5])
        more = f" and {len(self.open_batches) - 5} more" if len(self.open_batches) > 5 else ""
        examples = f", for example {', '.join(self.missing[:3])}" if self.missing else ""
        waiting = f", {self.unpublished} of them embedded but not indexed" if self.unpublished else ""
        return (
            f"{self.space} lacks {self.lost} of {self.photos} photos{waiting}; open batches: {batches}{more}{examples}"
        )

    def fix(self) -> str:
        """Say what makes it whole."""
        command = f"`daguerre models backfill {self.space}`"
        return f"{command} embeds and indexes what is missing; `daguerre models complete` proves it."

    def to_json(self) -> dict[str, Any]:
        """Return the proof as plain data, the same for the same tables."""
        return {
            "release": self.digest,
            "space": self.space,
            "photos": self.photos,
            "vectors": self.vectors,
            "rejected": dict(self.rejected),
            "batches": self.batches,
            "landing": self.landing,
            "index_rows": self.index_rows,
            "snapshot_version": self.snapshot_version,
        }


def prove_complete(ws: Workspace, digest: str, *, actor: str, reason: str = "") -> Completeness:
    """Measure, keep the proof as evidence, and record it; a proof that says what the last one said is not repeated.

    Raises:
        IncompleteError: photos are missing; says how many, in which batches, and names some.
        UnknownReleaseError, RetiredReleaseError: there is no such release any more.
    """
    standing(read_state(ws), digest)
    found = measure_completeness(ws, digest)
    if not found.complete:
        raise IncompleteError(found.sentence(), fix=found.fix())
    kept = keep_evidence(ws, found.to_json())
    evidence = found.to_json() | kept

    def is_news(state: State) -> bool:
        return standing(state, digest).complete != evidence

    record(
        ws,
        EventKind.COMPLETED,
        digest,
        actor=actor,
        reason=reason or found.sentence(),
        allow=is_news,
        snapshot=found.snapshot_version,
        evidence=evidence,
    )
    return replace(found, evidence=kept)


def measure_completeness(ws: Workspace, digest: str) -> Completeness:
    """Compare the catalogue with the release's published index, photo by photo."""
    space = spec_of(ws, digest).space
    snapshot = find_snapshot(ws, space)
    counting = Counting(ws, space, snapshot, shown=_shown_by_production(ws, digest))
    for chunk in catalogue.photos(ws).scan(["photo_id", "batch"], batch_rows=CHUNK_ROWS):
        counting.add(chunk)
    return Completeness(
        digest=digest,
        space=space,
        photos=counting.photos,
        vectors=counting.vectors,
        rejected=dict(sorted(counting.rejected.items())),
        batches=len(counting.batches),
        landing=counting.landing,
        missing=tuple(sorted(counting.examples)),
        lost=counting.missing.total(),
        unpublished=counting.unpublished,
        open_batches=_open(ws, space, counting),
        index_rows=len(counting.published),
        snapshot_version=snapshot.version if snapshot else 0,
    )


def _shown_by_production(ws: Workspace, digest: str) -> Snapshot | None:
    """Return what people can find now; None: there is no production, or it is this very release."""
    pointer = read_state(ws).pointers.get(PRODUCTION)
    if pointer is None or pointer.release == digest:
        return None
    return find_snapshot(ws, spec_of(ws, pointer.release).space)


def _open(ws: Workspace, space: SpaceName, counting: Counting) -> dict[str, int]:
    """Return the batches that count and are not finished, with how many objects or photos are open."""
    pending = Counter(counting.missing)
    for row in ledger(ws):
        if row.stage == "photos" and row.pending and counting.counts(row.batch):
            pending[row.batch] += row.pending
    return dict(sorted(pending.items(), key=lambda item: batch_number(BatchKey(item[0]))))
