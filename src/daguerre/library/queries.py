"""Questions to a library, with exactly the files that answer them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daguerre.library.plan import LibraryPlan
from daguerre.library.scenes.captions import ask, describe
from daguerre.library.scenes.phrases import Fact, Phrase, facts
from daguerre.library.scenes.scene import sample_scene
from daguerre.library.seeding import rng
from daguerre.library.truth import TruthRow

#: Share of each class of questions.
SHARES = {
    "keyword": 0.19,
    "count": 0.1,
    "color": 0.13,
    "time": 0.13,
    "detail": 0.1,
    "caption": 0.1,
    "photo": 0.13,
    "no_match": 0.12,
}
_TRIES = 60
_SUBJECT = {"place", "obj", "food", "doc", "kind"}


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question.

    Attributes:
        kind: `text` or `photo`.
        text: The words; for a photo a description of what it shows.
        photo: Source key of the photo that asks, or empty.
        owner_id: Whose photos are searched; None: everybody's.
        relevant: Source keys of all files that answer, in order; empty when nothing does.
        query_class: One of `SHARES`.
        asks: The facts that the words ask for; an answer is a photo of which all are true. Empty for photos.
    """

    id: str
    kind: str
    text: str
    photo: str
    owner_id: str | None
    relevant: tuple[str, ...]
    query_class: str
    asks: Mapping[str, Fact] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the query as JSON values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "photo": self.photo,
            "owner_id": self.owner_id,
            "relevant": list(self.relevant),
            "class": self.query_class,
            "asks": dict(self.asks),
        }


class _Shelf:
    """The readable files of one owner, or of all, by what they show."""

    def __init__(self, rows: Sequence[TruthRow]) -> None:
        self.rows = [row for row in rows if row.readable]
        self.moments: dict[tuple[str, str], list[TruthRow]] = defaultdict(list)
        for row in self.rows:
            self.moments[row.owner_id, row.moment_id].append(row)
        self.shown = [(facts(group[0].scene), [row.key for row in group]) for group in self.moments.values()]

    def answers(self, phrase: Phrase) -> tuple[str, ...]:
        """Return the keys of all files of which everything that the phrase asks for is true."""
        asks = phrase.asks.items()
        return tuple(
            sorted(
                key for known, keys in self.shown if all(known[name] == value for name, value in asks) for key in keys
            )
        )


def queries(plan: LibraryPlan, *, limit: int = 200) -> list[Query]:
    """Return up to `limit` questions: every class and every owner in turn, and some to the whole library.

    By default enough that some twenty of them have no answer, which is what calibration needs.
    """
    owners: list[str | None] = [*plan.spec.owners]
    if len(owners) > 1:
        owners.append(None)
    per_class = {name: max(1, round(share * limit)) for name, share in SHARES.items()}
    found: list[Query] = []
    for rank, owner in enumerate(owners):
        shelf = _Shelf(plan.rows if owner is None else plan.of(owner))
        wanted = {name: (count + len(owners) - 1 - rank) // len(owners) for name, count in per_class.items()}
        found += _texts(rng(plan.spec.seed, "queries", owner), shelf, owner, wanted)
        if owner is not None:
            found += _photos(rng(plan.spec.seed, "photo queries", owner), shelf, owner, wanted["photo"])
    return found[:limit]


def class_of(asks: Mapping[str, Fact]) -> str:
    """Return the class of a question that asks for these facts."""
    names = set(asks)
    if names - _SUBJECT - {"count", "color", "time", "weather"}:
        return "detail"
    if "color" in names:
        return "color"
    if "count" in names:
        return "count"
    return "time" if names & {"time", "weather"} else "keyword"


def _texts(r: np.random.Generator, shelf: _Shelf, owner: str | None, wanted: dict[str, int]) -> Iterator[Query]:
    left = dict(wanted)
    seen: set[str] = set()
    for _ in range(_TRIES * sum(wanted.values())):
        if not shelf.rows or not any(left[name] for name in left if name != "photo"):
            return
        phrase, name = _draw(r, shelf, left)
        answers = shelf.answers(phrase)
        if phrase.text in seen or not phrase.asks or not left.get(name) or bool(answers) == (name == "no_match"):
            continue
        seen.add(phrase.text)
        left[name] -= 1
        yield Query(
            id=f"{owner or 'all'}-{name}-{wanted[name] - left[name]:03d}",
            kind="text",
            text=phrase.text,
            photo="",
            owner_id=owner,
            relevant=answers,
            query_class=name,
            asks=phrase.asks,
        )


def _draw(r: np.random.Generator, shelf: _Shelf, left: dict[str, int]) -> tuple[Phrase, str]:
    """Ask like somebody who remembers one of the photos, or like somebody who remembers something else."""
    row = shelf.rows[int(r.integers(len(shelf.rows)))]
    if left["no_match"] and r.random() < 0.3:
        return ask(r, sample_scene(r)), "no_match"
    if left["caption"] and r.random() < 0.2:
        return describe(r, row.scene, full=True), "caption"
    phrase = ask(r, row.scene)
    return phrase, class_of(phrase.asks)


def _photos(r: np.random.Generator, shelf: _Shelf, owner: str, count: int) -> Iterator[Query]:
    groups = [group for group in shelf.moments.values() if len({_bytes_of(row) for row in group}) > 1]
    for number in r.permutation(len(groups))[:count].tolist():
        group = groups[number]
        asking = next((row for row in group if row.media == "photo" and not row.transform), group[0])
        # an exact copy of the asking photo is that photo
        relevant = sorted(row.key for row in group if _bytes_of(row) != _bytes_of(asking))
        yield Query(
            id=f"{owner}-photo-{number:05d}",
            kind="photo",
            text=asking.caption,
            photo=asking.key,
            owner_id=owner,
            relevant=tuple(relevant),
            query_class="photo",
        )


def _bytes_of(row: TruthRow) -> str:
    """Return a key that files with the same bytes share."""
    return row.duplicate_of or row.key if row.transform == "exact" else row.key
