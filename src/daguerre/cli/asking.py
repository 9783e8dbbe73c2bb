"""People who search all the time, to see what they notice while something is changed behind them."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from daguerre.errors import DaguerreError
from daguerre.quality.queries import GoldenQuery
from daguerre.quality.ranking import evaluate
from daguerre.search.live import LiveSearch

_K = 10


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One query: when it was answered in seconds since 1970, how long that took, by which space, and how well.

    `ndcg_at_10` is None for a query without a right answer, and for one that failed.
    """

    at: float
    seconds: float
    space: str
    error: str
    ndcg_at_10: float | None


@dataclass(kw_only=True)
class Asking:
    """What was asked so far. Safe to be read while it grows."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Return how many queries got no answer."""
        return sum(bool(one.error) for one in self.asked)

    @property
    def by_space(self) -> Counter[str]:
        """Return how many queries each space answered."""
        return Counter(one.space for one in self.asked if not one.error)

    def quality(self, space: str) -> float:
        """Return the mean nDCG@10 of the answers of one space; NaN before the first."""
        values = [one.ndcg_at_10 for one in self.asked if one.space == space and one.ndcg_at_10 is not None]
        return sum(values) / len(values) if values else float("nan")

    def median_ms(self) -> float:
        """Return the median time of an answer in milliseconds."""
        return 1000 * median([one.seconds for one in self.asked if not one.error] or [float("nan")])

    def first_of(self, space: str, since: float) -> float | None:
        """Return when a space gave its first answer after a moment."""
        return next((one.at for one in list(self.asked) if one.space == space and one.at >= since), None)


@contextmanager
def people(search: LiveSearch, queries: Sequence[GoldenQuery], *, count: int, pause_s: float) -> Iterator[Asking]:
    """Let people put golden queries in words until the block ends."""
    asking, stop = Asking(), threading.Event()
    words = [query for query in queries if query.kind == "text" and (query.answerable or query.no_match)]

    def person(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - which question comes next
        while words and not stop.wait(pause_s * (0.5 + chance.random())):
            asking.asked.append(_ask(search, chance.choice(words)))

    threads = [threading.Thread(target=person, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield asking
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask(search: LiveSearch, query: GoldenQuery) -> Asked:
    began = time.perf_counter()
    try:
        answer = search.by_text(query.text, owner=query.owner_id, k=_K)
    except DaguerreError as e:
        return Asked(at=time.time(), seconds=time.perf_counter() - began, space="", error=str(e), ndcg_at_10=None)
    seconds = time.perf_counter() - began
    ranked = [(hit.photo_id, hit.score) for hit in answer.hits]
    quality = evaluate([query], {query.id: ranked})[0].ndcg_at_10 if query.answerable else None
    return Asked(at=time.time(), seconds=seconds, space=answer.route.space, error="", ndcg_at_10=quality)
