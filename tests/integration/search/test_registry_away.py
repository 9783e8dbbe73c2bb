"""The registry is away, in a bucket behind a network that fails: people are answered, and told how old that is."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.index.build import build_index
from daguerre.lifecycle.routing import read_routes
from daguerre.registry.log import newest_number, promote
from daguerre.registry.releases import load_release, register
from daguerre.search.answers import LiveStatus
from daguerre.search.live import LiveSearch
from daguerre.search.routes import Route
from daguerre.search.service import SearchService
from daguerre.settings import load_settings
from daguerre.tables import catalogue
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import COLOURS, flat_picture, make_model_dir
from tests.fakes.faulty_proxy import Fault, FaultyProxy, Kind, faulty_proxy
from tests.fakes.s3_server import new_bucket, running_s3, use_s3
from tests.fakes.spaces import photo_rows, vector_rows

#: How long the registry is away.
AWAY_S = float(os.environ.get("DAGUERRE_AWAY_S", "2.5"))
PHOTOS, OWNERS = 40, ("alice", "bob")


@dataclass(kw_only=True)
class Bucket:
    """One installation in a bucket, seen through the network that fails and past it."""

    ws: Workspace
    direct: Workspace
    proxy: FaultyProxy
    releases: list[str]

    def open_route(self, route: Route) -> InProcess:
        encoder = OnnxEncoder(load_release(self.ws, route.release), threads=1)
        return InProcess(service=SearchService(self.ws, encoder))


@dataclass(kw_only=True)
class InProcess:
    """A route whose encoder runs in this process."""

    service: SearchService

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with running_s3() as endpoint, faulty_proxy(endpoint) as proxy:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        use_s3(monkeypatch, endpoint)
        root = f"s3://{new_bucket(endpoint)}/root"
        direct = open_workspace(load_settings(root=root, cache=tmp_path / "direct"))
        releases = [fill(direct, tmp_path / name, dim) for name, dim in (("old", 32), ("new", 48))]
        promote(direct, "production", releases[0], actor="tests", reason="tests")
        use_s3(monkeypatch, proxy.url)
        ws = open_workspace(load_settings(root=root, cache=tmp_path / "cache", registry_poll_s=0.1))
        yield Bucket(ws=ws, direct=direct, proxy=proxy, releases=releases)


def fill(ws: Workspace, folder: Path, dim: int) -> str:
    spec = register(ws, make_model_dir(folder, dim=dim, name=folder.name))
    encoder = OnnxEncoder(load_release(ws, spec.digest), threads=1)
    pictures = [flat_picture(list(COLOURS)[n % 6], spec.side_px, seed=n) for n in range(PHOTOS)]
    rows = vector_rows(encoder.embed_images(np.stack(pictures)), owners=OWNERS)
    catalogue.photos(ws).upsert(photo_rows(rows))
    catalogue.vectors(ws, spec.space, spec.dim).upsert(rows)
    build_index(ws, spec.space, spec.dim)
    return spec.digest


@dataclass(kw_only=True)
class People:
    """Two threads that ask all the time."""

    search: LiveSearch
    answered: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    failed: list[Exception] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, owner: str) -> None:
        while not self.stop.wait(0.02):
            try:
                answer = self.search.by_text("a red photo", owner=owner, k=5)
            except Exception as e:
                self.failed.append(e)
            else:
                self.answered.append(answer.route.release)
                self.longest_s = max(self.longest_s, answer.seconds)

    def __enter__(self) -> People:
        self.threads = [threading.Thread(target=self.ask, args=(owner,)) for owner in OWNERS]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def wait_for(done: Callable[[], bool], *, within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def searching(bucket: Bucket) -> Iterator[tuple[LiveSearch, People]]:
    """People who search while the registry answers."""
    with (
        LiveSearch(
            bucket.ws,
            read_routes=lambda: read_routes(bucket.ws),
            open_route=bucket.open_route,
            newest=lambda known: newest_number(bucket.ws, "search", known),
            tend_s=0.5,
        ) as search,
        People(search=search) as people,
    ):
        wait_for(lambda: len(people.answered) > 10 and search.status().age_s < 1)
        yield search, people


@contextmanager
def away(bucket: Bucket, kind: Kind, path: str) -> Iterator[None]:
    """A network on which nothing below a path can be reached."""
    faults = [
        Fault(kind=kind, method=method, path=path, times=1 << 30, status=503, code="SlowDown")
        for method in ("HEAD", "GET", "PUT")
    ]
    for fault in faults:
        bucket.proxy.plan(fault)
    yield
    for fault in faults:
        fault.times = 0
    bucket.proxy.released.set()


@pytest.mark.timeout(120 + 3 * AWAY_S)
@pytest.mark.parametrize("kind", ["refuse", "hang"])
def test_searching_goes_on_and_says_how_old_its_alias_is(bucket: Bucket, kind: Kind) -> None:
    old, new = bucket.releases
    seen: list[LiveStatus] = []
    with searching(bucket) as (search, people):
        number, before = search.status().number, len(people.answered)
        with away(bucket, kind, "/registry/"):
            began, moved = time.monotonic(), False
            while (gone_s := time.monotonic() - began) < AWAY_S:
                if not moved and gone_s > AWAY_S / 2:
                    promote(bucket.direct, "production", new, actor="tests", reason="somebody else reaches it")
                    moved = True
                seen.append(search.status())
                time.sleep(0.05)
            answered = people.answered[before:]
        back = time.monotonic()
        wait_for(lambda: people.answered[-1] == new)
        followed_s = time.monotonic() - back
        wait_for(lambda: search.status().registry_reachable and not search.status().last_error)
        assert search.status().age_s < 5.0
        assert search.status().number == number + 1
    assert people.failed == []
    assert set(answered) == {old}
    assert len(answered) > 2 * AWAY_S
    half, last = seen[len(seen) // 2], seen[-1]
    assert (last.production.release, last.number, last.as_of) == (old, number, half.as_of)
    assert AWAY_S / 2 < last.age_s < AWAY_S + 5.0
    if kind == "refuse" or AWAY_S > 5:  # a request that hangs has not failed; silence counts after a while
        assert not last.registry_reachable
    assert kind == "hang" or last.last_error
    logging.getLogger(__name__).info(
        "%s for %.0f s: %d answered, %d failed, longest %.2f s; age at the end %.1f s; followed after %.2f s",
        kind, AWAY_S, len(answered), len(people.failed), people.longest_s, last.age_s, followed_s,
    )  # fmt: skip


def test_a_whole_bucket_that_is_away_for_a_moment_costs_time_and_no_answer(bucket: Bucket) -> None:
    with searching(bucket) as (search, people):
        with away(bucket, "refuse", ""):
            time.sleep(1.5)
        before = len(people.answered)
        wait_for(lambda: len(people.answered) > before + 10 and search.status().registry_reachable)
    assert people.failed == []
    assert set(people.answered) == {bucket.releases[0]}
