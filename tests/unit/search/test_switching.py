"""No answer mixes two spaces, whatever happens between any two steps of a query."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daguerre.search.answers import Answer
from daguerre.search.live import LiveSearch
from daguerre.search.routes import Share
from daguerre.workspace import Workspace
from tests.fakes.routes import ToyService, ToyWorld, route, world
from tests.fakes.spaces import workspace

OLD, NEW = route("a"), route("b")
QUERIES, CLIENTS = 10_000, 4


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    made = workspace(tmp_path / "root", tmp_path / "cache")
    return replace(made, settings=made.settings.model_copy(update={"registry_poll_s": 0.001}))


def is_pure(answer: Answer, text: str, dims: dict[str, int]) -> bool:
    """Say whether every hit has the score that exact search in the answer's own space and snapshot gives it."""
    service = ToyService(space=answer.route.space, dim=dims[answer.route.space], version=answer.snapshot)
    scores = service.scores(service.query(text))
    exact = -np.sort(-scores)[: len(answer.hits)]
    found = [one.score for one in answer.hits]
    same = all(scores[int(one.photo_id, 16)] == one.score for one in answer.hits)
    return same and found == exact.tolist()


def churn(toy: ToyWorld, done: threading.Event, seed: int) -> None:
    """Promote, roll back, change shares, close and publish snapshots at random moments."""
    chance = random.Random(seed)
    while not done.is_set():
        first, second = chance.sample((OLD, NEW), 2)
        share = Share(route=second, share=chance.choice((0.0, 0.5, 1.0)))
        keep = (second,) if chance.random() < 0.5 else ()
        shares = {"canary": share, "shadow": share} if chance.random() < 0.7 else {}
        toy.move(first, warm=keep, **shares)
        if chance.random() < 0.2:
            for opened in list(toy.opened)[-2:]:
                opened.service.published = toy.published[opened.service.space] = chance.randrange(1, 10)
        time.sleep(chance.choice((0.0, 0.001, 0.004)))


@pytest.mark.parametrize("dims", [(8, 8), (8, 12)], ids=["equal dimensions", "different dimensions"])
def test_of_ten_thousand_answers_over_switches_none_is_mixed(ws: Workspace, dims: tuple[int, int]) -> None:
    sizes = {OLD.space: dims[0], NEW.space: dims[1]}
    chance = random.Random(3)

    def pause() -> None:
        if chance.random() < 0.1:
            time.sleep(chance.choice((0.0, 0.0005, 0.002)))

    toy = world(OLD, dims=sizes, pause=pause)
    wrong: list[object] = []
    seen: Counter[tuple[str, str]] = Counter()
    done = threading.Event()

    def ask(client: int) -> None:
        mine = random.Random(client)
        for n in range(QUERIES // CLIENTS):
            text, owner = f"{client} {n}", mine.choice((None, "alice", "bob", "carol"))
            try:
                answer = search.by_text(text, owner=owner, k=5)
            except Exception as e:
                wrong.append(e)
                continue
            seen[answer.route.space, answer.role] += 1
            if not is_pure(answer, text, sizes):
                wrong.append((text, answer))

    with LiveSearch(ws, read_routes=toy.read, open_route=toy.open, newest=toy.newest, tend_s=0.002) as search:
        mover = threading.Thread(target=churn, args=(toy, done, 1))
        clients = [threading.Thread(target=ask, args=(n,)) for n in range(CLIENTS)]
        for thread in (mover, *clients):
            thread.start()
        for client in clients:
            client.join()
        done.set()
        mover.join()
    assert wrong == []
    assert sum(seen.values()) == QUERIES
    assert len(seen) >= 3, "both routes answered, in more than one role"
    assert min(sum(n for (space, _), n in seen.items() if space == s) for s in sizes) > QUERIES / 20
    assert toy.routes.number > 20
    assert toy.open_now() == set()
    assert all(opened.closed == 1 for opened in toy.opened)
