"""A question that can be put to any service, checked before anybody is asked.

What is wrong with a question is the fault of whoever asks: it is neither tried again nor held against a release.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from daguerre.index.filters import Filters
from daguerre.search.abstention import Kind
from daguerre.search.opened import Service
from daguerre.search.service import Hit, SearchError

#: Nobody looks at more; the index would have to hold them all in memory at once.
LARGEST_K = 10_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, by whom, and since when.

    Attributes:
        owner: Whose photos are searched; None: everybody's.
        asked_at: `time.monotonic` of the question.
    """

    kind: Kind
    ask: Callable[[Service], list[Hit]]
    owner: str | None
    asked_at: float = field(default_factory=time.monotonic)


def about_text(text: str, *, owner: str | None, k: int, filters: Filters | None) -> Question:
    """Ask for photos that the words describe. Raises SearchError, BadFilterError."""
    if not text.strip():
        raise SearchError("an empty text", fix="Say what should be on the photo.")
    _check(text, owner, k, filters)
    return Question(kind="text", ask=lambda s: s.by_text(text, owner=owner, k=k, filters=filters), owner=owner)


def about_image(rgb: npt.NDArray[np.uint8], *, owner: str | None, k: int, filters: Filters | None) -> Question:
    """Ask for photos like a `(h, w, 3) uint8` RGB picture. Raises SearchError, BadFilterError."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise SearchError(f"a picture of {rgb.dtype} {rgb.shape}", fix="Hand in (h, w, 3) uint8 RGB.")
    _check("", owner, k, filters)
    return Question(kind="image", ask=lambda s: s.by_image(rgb, owner=owner, k=k, filters=filters), owner=owner)


def about_photo(photo_id: str, *, owner: str | None, k: int, filters: Filters | None) -> Question:
    """Ask for photos like a stored one. Raises SearchError, BadFilterError."""
    _check(photo_id, owner, k, filters)
    return Question(kind="photo", ask=lambda s: s.by_photo(photo_id, owner=owner, k=k, filters=filters), owner=owner)


def _check(text: str, owner: str | None, k: int, filters: Filters | None) -> None:
    if not 1 <= k <= LARGEST_K:
        raise SearchError(f"{k} photos", fix=f"Ask for 1 to {LARGEST_K:,}.")
    for words in (text, owner or "", (filters and filters.place) or ""):
        try:
            words.encode()
        except UnicodeEncodeError as e:  # half of a surrogate pair
            raise SearchError(f"{words!r} is no text ({e.reason})") from e
    if filters:
        filters.to_sql()
