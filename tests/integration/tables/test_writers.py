"""Several processes writing one table at once, and processes that die while they write."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow as pa
import pytest

from daguerre.storage.opening import open_store
from daguerre.tables.table import Table
from tests.contract.test_table import SCHEMA
from tests.fakes.s3_server import new_bucket, running_s3, use_s3

_SPAWN = multiprocessing.get_context("spawn")
KEYS = [f"{i:04}" for i in range(200)]


def _table(url: str) -> Table:
    return Table(open_store(url, create=True), "tables/things.lance", SCHEMA)


def _rows(owner: str, n: int, keys: list[str] = KEYS) -> pa.Table:
    return pa.table({"id": keys, "owner": [owner] * len(keys), "n": [n] * len(keys)}, schema=SCHEMA)


def _upsert_all(url: str, name: str, ready) -> None:
    table = _table(url)
    ready.wait(60)
    for start in range(0, len(KEYS), 50):
        table.upsert(_rows(name, start, KEYS[start : start + 50]))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_s3() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "root")
    endpoint = request.getfixturevalue("endpoint")
    use_s3(monkeypatch, endpoint)
    return f"s3://{new_bucket(endpoint)}/prefix"


def test_four_processes_that_bring_the_same_new_keys_store_each_once(url: str) -> None:
    ready = _SPAWN.Barrier(4)
    writers = [_SPAWN.Process(target=_upsert_all, args=(url, f"w{i}", ready)) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(100)
    assert [writer.exitcode for writer in writers] == [0] * 4
    stored = _table(url).read()
    assert stored["id"].to_pylist() == KEYS
    for start in range(0, len(KEYS), 50):
        part = stored.slice(start, 50)
        assert len(set(part["owner"].to_pylist())) == 1, "each commit is whole"


def _replace_forever(root: str) -> None:
    table = _table(root)
    for n in range(1, 100_000):
        keys = KEYS if n % 2 else KEYS[::2]
        table.replace("owner = 'alice'", _rows("alice", n, keys))
        if n % 5 == 0:
            table.compact()


def _upsert_forever(root: str) -> None:
    table = _table(root)
    for n in range(1, 100_000):
        table.upsert(_rows("alice", n))
        if n % 5 == 0:
            table.compact()


@pytest.mark.parametrize("write", [_replace_forever, _upsert_forever])
def test_a_writer_killed_at_any_moment_leaves_one_whole_state(write: Callable[[str], None], tmp_path: Path) -> None:
    root = str(tmp_path / "root")
    table = _table(root)
    table.upsert(_rows("bob", 7, ["bob"]))
    chance = random.Random(3)
    for _ in range(4):
        before = table.version
        writer = _SPAWN.Process(target=write, args=(root,))
        writer.start()
        _wait_until(lambda: table.version > before + 2, writer)  # noqa: B023 - called in this round
        time.sleep(chance.uniform(0, 0.15))
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join(30)
        of_alice = table.read(where="owner = 'alice'")
        assert len(set(of_alice["n"].to_pylist())) == 1, "rows of two writes in one version"
        assert of_alice["id"].to_pylist() in (KEYS, KEYS[::2])
        assert table.read(where="owner = 'bob'").to_pylist() == [{"id": "bob", "owner": "bob", "n": 7}]
    table.replace("owner = 'alice'", _rows("alice", -1))
    assert table.count() == len(KEYS) + 1


def _wait_until(done: Callable[[], bool], process: BaseProcess) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
