"""What becomes of the errors of a network and a busy server, over real HTTP."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from daguerre.storage.ports import (
    ObjectChangedError,
    ObjectExistsError,
    ObjectNotFoundError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from daguerre.storage.s3 import S3Store
from tests.fakes.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.fakes.s3_server import new_bucket, running_s3, use_s3


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_s3() as url:
        yield url


@pytest.fixture
def proxy(endpoint: str) -> Iterator[FaultyProxy]:
    with faulty_proxy(endpoint) as running:
        yield running


@pytest.fixture
def store(endpoint: str, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    use_s3(monkeypatch, proxy.url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    return S3Store(f"s3://{new_bucket(endpoint)}", read_timeout_s=0.5)


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests"), (400, "RequestTimeout")],
)
def test_a_fault_that_passes_is_not_seen(store: S3Store, proxy: FaultyProxy, status: int, code: str) -> None:
    store.put("a", b"1")
    for method in ("GET", "PUT"):
        proxy.plan(Fault(kind="refuse", method=method, status=status, code=code))
    assert store.get("a") == b"1"
    store.put("a", b"2")
    assert store.get("a") == b"2"


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
def test_a_fault_that_stays_is_named(store: S3Store, proxy: FaultyProxy, status: int, code: str) -> None:
    store.put("a", b"1")
    proxy.plan(Fault(kind="refuse", method="GET", times=100, status=status, code=code))
    before = proxy.count("GET")
    with pytest.raises(StoreUnavailableError, match=code):
        store.get("a")
    assert proxy.count("GET") - before == 2
    with pytest.raises(StoreUnavailableError):
        list(store.list())


def test_a_silent_server_times_out(store: S3Store, proxy: FaultyProxy) -> None:
    store.put("a", b"1")
    proxy.plan(Fault(kind="hang", method="GET", times=100))
    with pytest.raises(StoreUnavailableError):
        store.get("a")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    use_s3(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreUnavailableError, match="AWS_ENDPOINT_URL"):
        S3Store("s3://bucket/prefix")


def test_a_body_that_breaks_off_is_read_again(store: S3Store, proxy: FaultyProxy) -> None:
    store.put("a", b"0123456789" * 1000)
    proxy.plan(Fault(kind="cut", method="GET", times=2))
    assert store.get("a") == b"0123456789" * 1000
    proxy.plan(Fault(kind="cut", method="GET"))
    assert store.get_range("a", 5, 1000) == (b"0123456789" * 1000)[5:1005]


def test_a_body_that_always_breaks_off(store: S3Store, proxy: FaultyProxy) -> None:
    store.put("a", b"0123456789" * 1000)
    proxy.plan(Fault(kind="cut", method="GET", times=100))
    with pytest.raises(StoreUnavailableError):
        store.get("a")


@pytest.mark.parametrize("kind", ["lose", "hang"])
def test_create_whose_answer_was_lost(store: S3Store, proxy: FaultyProxy, kind: str) -> None:
    """The object was written; the client's own retry then meets it and is told that it exists."""
    proxy.plan(Fault(kind=kind, method="PUT"))  # type: ignore[arg-type]
    store.create("a", b"mine")
    assert store.get("a") == b"mine"
    assert proxy.count("PUT") == 2


def test_create_whose_every_answer_was_lost(store: S3Store, proxy: FaultyProxy) -> None:
    proxy.plan(Fault(kind="lose", method="PUT", times=100))
    store.create("a", b"mine")
    assert store.get("a") == b"mine"


def test_create_that_lost_the_race_on_a_retry(store: S3Store, proxy: FaultyProxy) -> None:
    """Our first try never arrived and another writer with the same bytes came first: we did not win."""
    other = S3Store(store.url)  # opened before: that takes its time, and the read timeout is short
    proxy.plan(Fault(kind="refuse", method="PUT", status=500))
    proxy.plan(Fault(kind="before", method="PUT", action=lambda: other.create("a", b"same")))
    with pytest.raises(ObjectExistsError):
        store.create("a", b"same")


def test_create_in_a_tie_tries_again(store: S3Store, proxy: FaultyProxy) -> None:
    proxy.plan(Fault(kind="refuse", method="PUT", status=409, code="ConditionalRequestConflict"))
    store.create("a", b"mine")
    assert store.get("a") == b"mine"


def test_create_in_an_endless_tie(store: S3Store, proxy: FaultyProxy) -> None:
    proxy.plan(Fault(kind="refuse", method="PUT", times=100, status=409, code="ConditionalRequestConflict"))
    with pytest.raises(StoreUnavailableError, match="colliding"):
        store.create("a", b"mine")


def test_create_that_never_arrives(store: S3Store, proxy: FaultyProxy) -> None:
    proxy.plan(Fault(kind="refuse", method="PUT", times=100, status=503, code="SlowDown"))
    with pytest.raises(StoreUnavailableError):
        store.create("a", b"mine")
    assert not store.exists("a")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(403, "AccessDenied", StoreRefusedError), (507, "InsufficientStorage", StoreFullError)],
)
def test_refusals(
    store: S3Store, proxy: FaultyProxy, status: int, code: str, error: type[Exception], tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"1")
    proxy.plan(Fault(kind="refuse", method="PUT", times=100, status=status, code=code))
    with pytest.raises(error, match=code):
        store.put("a", b"1")
    with pytest.raises(error, match=code):
        store.put_file("a", tmp_path / "f")


def test_read_unchanged(store: S3Store) -> None:
    store.put("a", b"one")
    listed = store.stat("a")
    assert store.get_unchanged(listed) == b"one"
    store.put("a", b"two")
    with pytest.raises(ObjectChangedError):
        store.get_unchanged(listed)
    store.delete("a")
    with pytest.raises(ObjectNotFoundError):
        store.get_unchanged(listed)


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A file of two parts, and its hash."""
    monkeypatch.setattr("daguerre.storage.s3.PART_BYTES", 5 << 20)  # the smallest that S3 takes
    path = tmp_path / "large"
    path.write_bytes(bytes(6 << 20))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_parts_whose_last_answer_was_lost(store: S3Store, proxy: FaultyProxy, large: tuple[Path, str]) -> None:
    path, digest = large
    proxy.plan(Fault(kind="lose", method="POST", path="uploadId=", times=2))
    store.create_file("a", path, sha256=digest)
    assert store.stat("a").size == 6 << 20


def test_parts_that_lost_the_race(store: S3Store, proxy: FaultyProxy, large: tuple[Path, str]) -> None:
    path, digest = large
    other = S3Store(store.url)
    proxy.plan(Fault(kind="before", method="POST", path="uploadId=", action=lambda: other.create("a", b"first")))
    with pytest.raises(ObjectExistsError):
        store.create_file("a", path, sha256=digest)
    assert store.get("a") == b"first"


def test_parts_that_are_not_wanted_any_more_are_freed(
    store: S3Store, proxy: FaultyProxy, large: tuple[Path, str], endpoint: str
) -> None:
    path, digest = large
    with pytest.raises(ObjectChangedError, match="large"):
        store.create_file("a", path, sha256="0" * 64)
    proxy.plan(Fault(kind="refuse", method="PUT", path="partNumber=2", times=100, status=503, code="SlowDown"))
    with pytest.raises(StoreUnavailableError):
        store.create_file("a", path, sha256=digest)
    with urllib.request.urlopen(f"{endpoint}/{store.url.removeprefix('s3://')}?uploads") as answer:
        assert b"<Upload>" not in answer.read()
    assert not store.exists("a")
