"""Readers and writers of one space at the same time, builds that die, and a space on S3 over real HTTP."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daguerre.index.build import build_index, prepare, publish
from daguerre.index.query import QueryVector
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import read_snapshot
from daguerre.stages.index import run_index
from daguerre.tables import catalogue
from tests.fakes.s3_server import new_bucket, running_s3, use_s3
from tests.fakes.spaces import SPACE, clustered, photo_rows, vector_rows, workspace

DIM, ROWS = 16, 2000


def asking(values: np.ndarray) -> QueryVector:
    return QueryVector(space=SPACE, values=values.astype(np.float32))


def test_open_readers_answer_through_writes_compaction_and_cleanup(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "root", tmp_path / "cache", ann_rows=1000)
    table = catalogue.vectors(ws, SPACE, DIM)
    matrix = clustered(ROWS, DIM)
    table.upsert(vector_rows(matrix))
    searcher = Searcher(ws, build_index(ws, SPACE, DIM))
    query = asking(matrix[0])
    questions = [{"k": 10}, {"k": 10, "owner": "alice"}]
    expected = [searcher.nearest(query, **question) for question in questions]
    stop, wrong, asked = threading.Event(), [], []

    def ask() -> None:
        while not stop.is_set():
            try:
                for question, answer in zip(questions, expected, strict=True):
                    found = searcher.nearest(query, **question)
                    asked.append(1)
                    if [one.photo_id for one in found] != [one.photo_id for one in answer]:
                        wrong.append((found, answer))
            except Exception as e:
                wrong.append(e)

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    for i in range(4):
        table.upsert(vector_rows(clustered(50, DIM, seed=i), start=ROWS + 50 * i))
        table.upsert(vector_rows(-matrix[:50]))
        table.delete(f"photo_id = '{i + 100:032x}'")
        table.compact(keep=timedelta(0))
    publish(ws, prepare(ws, SPACE, DIM), keep=timedelta(0))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(asked) > 10
    assert read_snapshot(ws, SPACE).rows == ROWS + 200 - 4


def _build_forever(root: str, cache: str) -> None:
    ws = workspace(root, Path(cache), ann_rows=1000)
    table = catalogue.vectors(ws, SPACE, DIM)
    rng = np.random.default_rng(os.getpid())
    for _ in range(10_000):
        numbers = int(rng.integers(0, 20_000))
        table.upsert(vector_rows(clustered(100, DIM, seed=numbers), start=numbers))
        build_index(ws, SPACE, DIM)


def test_a_build_killed_at_any_moment_leaves_a_readable_snapshot(tmp_path: Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    ws = workspace(root, cache, ann_rows=1000)
    matrix = clustered(ROWS, DIM)
    catalogue.vectors(ws, SPACE, DIM).upsert(vector_rows(matrix))
    build_index(ws, SPACE, DIM)
    chance = random.Random(5)
    spawn = multiprocessing.get_context("spawn")
    for _ in range(4):
        before = read_snapshot(ws, SPACE).version
        builder = spawn.Process(target=_build_forever, args=(str(root), str(cache)))
        builder.start()
        deadline = time.monotonic() + 60
        while read_snapshot(ws, SPACE).version == before:
            assert builder.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        os.kill(builder.pid or 0, signal.SIGKILL)
        builder.join(30)
        snapshot = read_snapshot(ws, SPACE)
        assert len(Searcher(ws, snapshot).nearest(asking(matrix[-1]), k=10)) == 10
    report = run_index(ws, SPACE)
    rows = catalogue.vectors(ws, SPACE, DIM).read(["photo_id"])["photo_id"].to_pylist()
    assert report.done == len(rows) == len(set(rows))
    assert report.figures["audit_passed"] == 1


def test_a_space_on_s3_is_built_audited_and_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_s3() as endpoint:
        use_s3(monkeypatch, endpoint)
        ws = workspace(f"s3://{new_bucket(endpoint)}/prefix", tmp_path, ann_rows=1000)
        matrix = clustered(ROWS, DIM)
        rows = vector_rows(matrix)
        catalogue.photos(ws).upsert(photo_rows(rows))
        for start in range(0, ROWS, 1000):
            catalogue.vectors(ws, SPACE, DIM).upsert(rows.slice(start, 1000))
        report = run_index(ws, SPACE)
        assert (report.closed, report.figures["ann"], report.figures["audit_passed"]) == (True, 1, 1)
        searcher = Searcher(ws, read_snapshot(ws, SPACE))
        for owner in ("alice", None, "alice", "alice"):
            found = searcher.nearest(asking(matrix[8]), k=3, owner=owner)
            assert int(found[0].photo_id, 16) == 8
