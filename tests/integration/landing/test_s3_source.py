"""A bucket as a source, over real HTTP, on good and on bad days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daguerre.landing.landing import land
from daguerre.landing.manifest import list_batches, read_manifest
from daguerre.landing.source import ObjectTooLargeError, open_source
from daguerre.settings import load_settings
from daguerre.storage.ports import (
    ObjectChangedError,
    ObjectNotFoundError,
    RootNotFoundError,
    StoreUnavailableError,
)
from daguerre.storage.s3 import S3Store
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.fakes.s3_server import new_bucket, running_s3, use_s3


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_s3() as url:
        yield url


@pytest.fixture
def proxy(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    with faulty_proxy(endpoint) as running:
        use_s3(monkeypatch, running.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        yield running


@pytest.fixture
def bucket(endpoint: str, proxy: FaultyProxy) -> S3Store:
    """A prefix with two photos, a folder marker and hidden files; further prefixes beside it."""
    name = new_bucket(endpoint)
    beside = S3Store(f"s3://{name}")
    for key in ("photos/alice/a b'\"é📷.jpg", "photos/bob/c.jpg", "photos/.daguerre/q.jsonl", "photos-other/x.jpg"):
        beside.put(key, b"0123456789" * 100)
    beside._client.put_object(Bucket=name, Key="photos/alice/", Body=b"")
    return S3Store(f"s3://{name}/photos")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return open_workspace(load_settings(root=str(tmp_path / "root"), cache=tmp_path / "cache"))


def test_a_bucket_lands_once(ws: Workspace, bucket: S3Store) -> None:
    source = open_source(bucket.url + "/")
    report = land(ws, source)
    (batch,) = report.batches
    objects = read_manifest(ws.store, batch).objects
    assert [(o.key, o.owner_id) for o in objects] == [("alice/a b'\"é📷.jpg", "alice"), ("bob/c.jpg", "bob")]
    assert source.read(objects[0].info, max_bytes=5000) == b"0123456789" * 100
    again = land(ws, open_source(bucket.url))
    assert (again.new, again.known) == (0, 2)
    bucket.put("bob/c.jpg", b"changed")
    assert land(ws, open_source(bucket.url)).new == 1


def test_root_and_source_in_one_bucket(bucket: S3Store, tmp_path: Path) -> None:
    ws = open_workspace(load_settings(root=f"{bucket.url}/daguerre", cache=tmp_path / "cache"))
    assert land(ws, open_source(bucket.url)).new == 2
    assert land(ws, open_source(bucket.url)).new == 0
    assert len(list_batches(ws.store)) == 1


def test_deleted_changed_and_too_large(bucket: S3Store) -> None:
    source = open_source(bucket.url)
    first, second = source.list()
    with pytest.raises(ObjectTooLargeError):
        source.read(first, max_bytes=999)
    bucket.put(first.key, b"another")
    with pytest.raises(ObjectChangedError):
        source.read(first, max_bytes=5000)
    bucket.delete(second.key)
    with pytest.raises(ObjectNotFoundError):
        source.read(second, max_bytes=5000)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="refuse", method="GET", status=503, code="SlowDown"),
        Fault(kind="refuse", method="GET", status=500),
        Fault(kind="lose", method="GET"),
        Fault(kind="cut", method="GET"),
    ],
    ids=lambda f: f"{f.kind}-{f.code}",
)
def test_faults_that_pass(ws: Workspace, bucket: S3Store, proxy: FaultyProxy, fault: Fault) -> None:
    source = open_source(bucket.url)
    if fault.kind != "cut":  # a listing cut short is seen by its own test below
        proxy.plan(Fault(kind=fault.kind, method="GET", status=fault.status, code=fault.code))
    assert land(ws, source).new == 2
    proxy.plan(fault)
    assert source.read(next(source.list()), max_bytes=5000) == b"0123456789" * 100


@pytest.mark.parametrize("kind", ["refuse", "lose", "cut"])
def test_faults_that_stay_seal_nothing(ws: Workspace, bucket: S3Store, proxy: FaultyProxy, kind: str) -> None:
    source = open_source(bucket.url)
    proxy.plan(Fault(kind=kind, method="GET", times=1000, status=503, code="SlowDown"))  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailableError):
        land(ws, source)
    assert list_batches(ws.store) == []


def test_no_such_bucket(proxy: FaultyProxy) -> None:
    with pytest.raises(RootNotFoundError, match="no-such-bucket"):
        open_source("s3://no-such-bucket/photos")
