"""Whether a sample's estimate was right, once the photos have been embedded."""

from __future__ import annotations

from dataclasses import dataclass

from daguerre import layout
from daguerre.errors import NotFoundError
from daguerre.lifecycle.estimate import Estimate
from daguerre.lifecycle.interval import Interval
from daguerre.lifecycle.moves import known, spec_of
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import read_state
from daguerre.stages import journal
from daguerre.workspace import Workspace


class NothingToCompareError(NotFoundError):
    """An estimate cannot be checked."""


@dataclass(frozen=True, kw_only=True)
class EstimateCheck:
    """What was predicted and what came.

    Attributes:
        photos: Photos that the batches on record embedded, and that `hours` is scaled to.
        batches: How many batches are on record.
        hours: Predicted for as many photos; `actual_hours` sums the batches as if one had run after the other.
        stored_bytes: Predicted bounds for as many photos; `actual_bytes` is what lies in the store.
    """

    digest: str
    photos: int
    batches: int
    photos_per_s: Interval
    actual_photos_per_s: float
    hours: Interval
    actual_hours: float
    stored_bytes: Interval
    actual_bytes: int

    @property
    def inside(self) -> bool:
        """Say whether the speed lies inside the interval that was predicted for it."""
        return self.photos_per_s.holds(self.actual_photos_per_s)

    @property
    def bytes_inside(self) -> bool:
        """Say whether the size lies within the predicted bounds."""
        return self.stored_bytes.holds(self.actual_bytes)


def compare_estimate(ws: Workspace, digest: str) -> EstimateCheck:
    """Compare the last sample of a release with what its batches took.

    Raises:
        UnknownReleaseError: the release was never registered.
        NothingToCompareError: no sample was taken, or no batch is embedded yet.
    """
    sampled = known(read_state(ws), digest).sampled
    if sampled is None:
        raise NothingToCompareError(f"{digest[:12]} has no sample", fix="`daguerre models sample` takes one.")
    predicted = Estimate.from_row(read_evidence(ws, sampled["uri"], sampled["sha256"])["estimate"])
    space = spec_of(ws, digest).space
    done = [e for e in journal.entries(ws, "embeddings") if e["space"] == space and e["fresh"] and e["seconds"] > 0]
    photos, seconds = sum(e["fresh"] for e in done), sum(e["seconds"] for e in done)
    if not photos:
        raise NothingToCompareError(f"no batch of {space} is on record", fix="Run the backfill first.")
    share = photos / predicted.photos
    table = layout.vectors(space).rpartition("/")[0]
    return EstimateCheck(
        digest=digest,
        photos=photos,
        batches=len(done),
        photos_per_s=predicted.photos_per_s,
        actual_photos_per_s=photos / seconds,
        hours=predicted.hours.times(share),
        actual_hours=seconds / 3600,
        stored_bytes=predicted.stored_bytes.times(share),
        actual_bytes=sum(info.size for info in ws.store.list(f"{table}/")),
    )
