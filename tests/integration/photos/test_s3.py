from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daguerre.ids import BatchKey
from daguerre.landing.landing import land
from daguerre.landing.source import open_source
from daguerre.stages.photos import run_photos
from daguerre.storage.opening import open_store
from daguerre.tables import catalogue
from tests.fakes import bad_files
from tests.fakes.s3_server import new_bucket, running_s3, use_s3
from tests.integration.photos.conftest import Opened, contents, reasons


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running_s3() as endpoint:
        use_s3(monkeypatch, endpoint)
        yield new_bucket(endpoint)


def test_originals_on_s3_are_read_by_the_workers(bucket: str, tmp_path: Path, opened: Opened) -> None:
    url = f"s3://{bucket}/originals"
    originals = open_store(url)
    for n in range(12):
        originals.put(f"alice/{n:02d}.jpg", bad_files.jpeg(seed=n, width=64, height=48))
    originals.put("alice/empty.jpg", b"")
    ws = opened()
    (batch,) = land(ws, open_source(url)).batches
    originals.delete("alice/03.jpg")
    originals.put("alice/04.jpg", bad_files.jpeg(seed=99))
    report = run_photos(ws, BatchKey(batch))
    assert (report.total, report.done, report.closed) == (13, 10, True)
    assert reasons(ws) == {"alice/03.jpg": "vanished", "alice/04.jpg": "changed", "alice/empty.jpg": "empty"}
    assert set(catalogue.photos(ws).read(["source"])["source"].to_pylist()) == {url}
    before = contents(ws)
    assert run_photos(ws, BatchKey(batch)).fresh == 0
    assert contents(ws)["photos"].equals(before["photos"])
