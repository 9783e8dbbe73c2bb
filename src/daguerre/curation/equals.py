"""A group of photos that are duplicates of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "near", "burst"]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Photos that are duplicates of one kind; row numbers into the columns in order.

    Attributes:
        medoid: The row that all others match.
        best: The row to keep or to show.
        rows: All members, ascending.
        distances: To the medoid, in the measure of the kind: cosine of looks; 0 for exact.
        reasons: One for each row: why it is kept, or what it is to the kept one.
        also_kept: Rows beside the best that somebody wants to keep.
    """

    kind: Kind
    medoid: int
    best: int
    rows: tuple[int, ...]
    distances: tuple[float, ...]
    reasons: tuple[str, ...]
    also_kept: tuple[int, ...] = ()
