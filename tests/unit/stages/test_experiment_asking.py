from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from daguerre.index.snapshot import Snapshot
from daguerre.quality.experiments.spec import IndexSettings
from daguerre.quality.queries import GoldenQuery
from daguerre.search.service import Hit, PhotoNotFoundError
from daguerre.stages.experiment_asking import Opened, ask_both, asked_snapshot
from daguerre.telemetry import Progress
from tests.fakes.spaces import NOW, SPACE

SNAPSHOT = Snapshot(
    space=SPACE, dim=8, version=3, tag="t", rows=9000, ann=True, partitions=64, nprobes=16, refine=3, built_at=NOW
)


def test_a_side_is_asked_as_it_says() -> None:
    assert asked_snapshot(SNAPSHOT, IndexSettings()) == SNAPSHOT
    assert asked_snapshot(SNAPSHOT, IndexSettings(nprobes=4)) == replace(SNAPSHOT, nprobes=4)
    assert asked_snapshot(SNAPSHOT, IndexSettings(exact=True)).ann is False


class Heard:
    """A search that writes down who was asked what, and knows the answers by heart."""

    def __init__(self, name: str, log: list[str], answers: dict[str, list[str]]) -> None:
        self.name, self.log, self.answers = name, log, answers

    def warm(self, owner: str) -> None:
        self.log.append(f"{self.name} warms {owner}")

    def by_text(self, text: str, *, owner: str | None, k: int) -> list[Hit]:
        self.log.append(f"{self.name} {text}")
        return [hit(photo, 0.9 - rank / 10) for rank, photo in enumerate(self.answers[text])]

    def by_photo(self, photo_id: str, *, owner: str | None, k: int) -> list[Hit]:
        raise PhotoNotFoundError(photo_id)

    def judge(self, hits: list[Hit], kind: str) -> bool:
        return not hits


def hit(photo: str, score: float) -> Hit:
    return Hit(
        photo_id=photo, picture_id=photo, owner_id="ada", score=score, taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        place=None, source_key=photo,
    )  # fmt: skip


def query(name: str, *, owner: str | None = None, kind: str = "text") -> GoldenQuery:
    return GoldenQuery(
        id=name, kind=kind, text=name, photo_id="p", owner_id=owner, relevant=frozenset("a"), expected=1,
        query_class="c",
    )  # fmt: skip


def test_both_sides_are_asked_in_turn() -> None:
    log: list[str] = []
    answers = {"one": ["a", "b"], "two": []}
    sides = {name: Opened(service=Heard(name, log, answers)) for name in ("A", "B")}
    seen: list[Progress] = []
    found = ask_both(sides, [query("one", owner="ada"), query("two")], name="toy", progress=seen.append)
    warming = ["A warms ada", "A one", "B warms ada", "B one"]
    assert log[:4] == warming
    said = "".join(line[0] for line in log[4:])
    assert said == "ABBAABBA" + "BAABBAAB"
    assert [photo for photo, _ in found["A"]["one"].answer] == ["a", "b"]
    assert found["B"]["two"].nothing
    assert not found["B"]["two"].lost
    assert [(p.done, p.total) for p in seen] == [(1, 2), (2, 2)]


def test_a_photo_without_a_vector_is_lost() -> None:
    sides = {name: Opened(service=Heard(name, [], {})) for name in ("A", "B")}
    found = ask_both(sides, [query("like", kind="photo")], name="toy", progress=lambda _: None)
    assert found["A"]["like"].lost
    assert found["A"]["like"].nothing


def test_recall_counts_photos_as_near_as_the_tenth_exact_one() -> None:
    exact = Heard("exact", [], {"one": ["a", "b", "c"], "mine": ["a", "b", "c"]})
    quick = Heard("quick", [], {"one": ["a", "x"], "mine": ["a"]})
    sides = {"A": Opened(service=quick, exact=exact), "B": Opened(service=exact)}
    found = ask_both(sides, [query("one"), query("mine", owner="ada")], name="toy", progress=lambda _: None)
    assert found["A"]["one"].recall_vs_exact == 2 / 3, "x scores as high as b"
    assert found["A"]["mine"].recall_vs_exact == 1, "inside an owner every search is exact"
    assert found["B"]["one"].recall_vs_exact == 1
