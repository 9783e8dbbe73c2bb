"""Owners whose vectors lie in memory: exact search at the speed of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class ResidentOwner:
    """All vectors of one owner in half precision, compared in full.

    Attributes:
        index: A faiss flat scalar quantizer with float16 codes and inner product.
        photo_ids: `(n,) S32`, in the order of `index`.
    """

    index: Any
    photo_ids: npt.NDArray[np.bytes_]

    @property
    def nbytes(self) -> int:
        """Return the memory that this owner takes."""
        return int(self.index.ntotal * self.index.code_size + self.photo_ids.nbytes)

    def nearest(self, query: npt.NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """Return the k photos with the largest inner product, best first."""
        if self.index.ntotal == 0:
            return []
        with _one_thread():
            scores, at = self.index.search(query[None, :], min(k, self.index.ntotal))
        return [(self.photo_ids[i].decode(), float(s)) for i, s in zip(at[0], scores[0], strict=True) if i >= 0]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep faiss from waking a team of threads for one query: on a busy machine the wake-up took 15 ms, the work 1."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class ResidentOwners:
    """A bounded set of owners, least recently asked leaves first.

    An owner comes in when asked for the second time, so that a sweep over all owners pushes nobody out. Safe to use
    from several threads; an owner is loaded by one of them while the others answer from disk.
    """

    def __init__(self, load: Callable[[str], ResidentOwner], size: Callable[[str], int], *, max_bytes: int) -> None:
        self._load = load
        self._size = size
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._owners: OrderedDict[str, ResidentOwner] = OrderedDict()
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._loading: set[str] = set()

    def get(self, owner: str) -> ResidentOwner | None:
        """Return the owner when resident; None when asked for the first time, too large, or being loaded just now."""
        with self._lock:
            if owner in self._owners:
                self._owners.move_to_end(owner)
                return self._owners[owner]
            if owner in self._loading or not self._asked_before(owner):
                return None
            self._loading.add(owner)
        try:
            if self._size(owner) > self._max_bytes:
                return None
            resident = self._load(owner)
            with self._lock:
                self._owners[owner] = resident
                self._evict()
        finally:
            with self._lock:
                self._loading.discard(owner)
        return resident

    def bring(self, owner: str) -> None:
        """Load an owner that has not asked yet, if there is room: it pushes nobody out, and leaves first."""
        with self._lock:
            if owner in self._owners or owner in self._loading:
                return
            room = self._max_bytes - self.nbytes
            self._loading.add(owner)
        try:
            if self._size(owner) <= room:
                resident = self._load(owner)
                with self._lock:
                    self._owners[owner] = resident
                    self._owners.move_to_end(owner, last=False)
                    self._evict()
        finally:
            with self._lock:
                self._loading.discard(owner)

    def names(self) -> list[str]:
        """Return who is resident, the one asked last at the end."""
        with self._lock:
            return list(self._owners)

    @property
    def nbytes(self) -> int:
        """Return the memory that all resident owners take."""
        return sum(owner.nbytes for owner in self._owners.values())

    def _asked_before(self, owner: str) -> bool:
        known = owner in self._asked
        self._asked[owner] = None
        self._asked.move_to_end(owner)
        while len(self._asked) > 10_000:
            self._asked.popitem(last=False)
        return known

    def _evict(self) -> None:
        while self.nbytes > self._max_bytes and len(self._owners) > 1:
            self._owners.popitem(last=False)
