"""From which value on a difference counts, learnt from what is usual between batches of this library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daguerre.quality.findings import Status

#: So many earlier comparisons of a subject, and its own history raises the floors; before, content may only warn.
CALIBRATED = 4
#: Only the latest so many count: a library changes.
HISTORY = 8


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Where warnings and blocks begin when a subject has no history."""

    warn: float
    block: float


SHIFT = Bound(warn=0.10, block=0.25)
CATEGORY = Bound(warn=0.10, block=0.20)
MISSING = Bound(warn=0.02, block=0.05)
RATE = Bound(warn=2.0, block=5.0)
EMBEDDING = Bound(warn=0.55, block=0.65)
DRIFTED_SHARE = Bound(warn=0.20, block=0.50)

#: What a picture shows and which camera took it differs from batch to batch by nature: people travel, and a first
#: import lands owner by owner. Such subjects warn until the library's own history says how much is usual.
CONTENT = frozenset(
    {"aspect", "camera", "embeddings", "exposure", "colorfulness", "face_count", "largest_face_area", "ln_bytes"}
    | {"media", "megapixels", "no camera", "no lat", "no taken_at", "time_source", "top_concept"}
)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Bounds of every subject. `history`: values of earlier comparisons by subject, latest last."""

    history: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def of(self, subject: str, bound: Bound) -> tuple[float, float | None]:
        """Return where warnings begin and where blocks do; None: never blocks.

        Warnings begin above all of the latest values, blocks as far above that as the floors are apart.
        """
        usual = list(self.history.get(subject, ()))[-HISTORY:]
        if len(usual) < CALIBRATED:
            return bound.warn, None if subject in CONTENT else bound.block
        warn = max(bound.warn, *usual)
        return warn, warn + (bound.block - bound.warn)

    def judge(self, subject: str, bound: Bound, value: float) -> tuple[float, float | None, Status]:
        """Return the two bounds and how `value` stands against them."""
        warn, block = self.of(subject, bound)
        if block is not None and value > block:
            return warn, block, Status.BLOCK
        return warn, block, Status.WARN if value > warn else Status.OK
