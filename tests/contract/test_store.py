"""What every object store promises, asked of a folder and of S3 over real HTTP."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daguerre.storage.opening import open_store
from daguerre.storage.ports import (
    BadKeyError,
    ObjectChangedError,
    ObjectExistsError,
    ObjectNotFoundError,
    RootNotFoundError,
    ShortObjectError,
    Store,
)
from tests.fakes.s3_server import new_bucket, running_s3, use_s3


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
    return f"s3://{new_bucket(endpoint)}/some/prefix"


@pytest.fixture
def store(url: str) -> Store:
    return open_store(url, create=True)


def test_is_a_store(store: Store) -> None:
    assert isinstance(store, Store)


def test_what_was_put_is_read_back(store: Store) -> None:
    store.put("tables/a.bin", b"\x00\xffone")
    store.put("tables/a.bin", b"two")
    assert store.get("tables/a.bin") == b"two"
    assert store.exists("tables/a.bin")
    assert store.get_range("tables/a.bin", 1, 2) == b"wo"


def test_another_handle_sees_it(store: Store, url: str) -> None:
    store.put("a", b"1")
    assert open_store(url).get("a") == b"1"
    assert open_store(url).url == store.url


def test_empty_object(store: Store) -> None:
    store.put("empty", b"")
    assert store.get("empty") == b""
    assert store.stat("empty").size == 0


def test_stat_says_what_the_listing_says(store: Store) -> None:
    store.put("a/b", b"12345")
    (listed,) = store.list()
    assert store.stat("a/b") == listed
    assert listed.size == 5
    assert abs(listed.modified - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_changed_object_has_another_etag(store: Store) -> None:
    store.put("a", b"one")
    before = store.stat("a").etag
    store.put("a", b"two")
    assert store.stat("a").etag != before


@pytest.mark.parametrize("key", ["missing", "some/folder/missing", "a/below-an-object"])
def test_missing_object(store: Store, key: str) -> None:
    store.put("a", b"1")
    assert not store.exists(key)
    with pytest.raises(ObjectNotFoundError, match=key):
        store.get(key)
    with pytest.raises(ObjectNotFoundError):
        store.stat(key)
    with pytest.raises(ObjectNotFoundError):
        store.get_range(key, 0, 1)
    store.delete(key)


def test_a_folder_is_not_an_object(store: Store) -> None:
    store.put("a/b", b"1")
    assert not store.exists("a")
    with pytest.raises(ObjectNotFoundError):
        store.get("a")
    with pytest.raises(ObjectNotFoundError):
        store.stat("a")


@pytest.mark.parametrize(("start", "length"), [(0, 4), (3, 1), (2, 2), (100, 1)])
def test_a_range_past_the_end(store: Store, start: int, length: int) -> None:
    store.put("a", b"123")
    with pytest.raises(ShortObjectError):
        store.get_range("a", start, length)


def test_an_empty_range(store: Store) -> None:
    store.put("a", b"123")
    assert store.get_range("a", 3, 0) == b""


BAD_KEYS = ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\0b", "a/.tmp-b", "x" * 1025, "\udcff"]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_that_nothing_may_have(store: Store, key: str) -> None:
    with pytest.raises(BadKeyError):
        store.put(key, b"1")
    with pytest.raises(BadKeyError):
        store.create(key, b"1")
    assert list(store.list()) == []


UNICODE = [
    "naïve café.jpg",
    "日本/写真 1.jpg",
    "emoji 📷🌅.jpg",
    "quote ' \" % + & = ? #.jpg",
    "new\nline.jpg",
    "a\\b.jpg",
    "~!@$^*()[]{}<>|;:,",
]


@pytest.mark.parametrize("key", UNICODE)
def test_unicode_keys(store: Store, key: str) -> None:
    if "\n" in key and store.url.startswith("s3://"):
        pytest.skip("the S3 server of this suite has no route for a line feed in a key")
    store.create(key, b"1")
    assert [i.key for i in store.list()] == [key]
    assert store.get(key) == b"1"
    store.delete(key)
    assert list(store.list()) == []


def test_the_list_is_in_the_order_of_bytes_and_paged(store: Store) -> None:
    keys = [f"many/{i:04d}" for i in range(1100)]
    tricky = ["a", "a-b/x", "a.b", "a0", "aZ/x", "b/c/d", "é", "z", "多"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda k: store.put(k, b""), keys + tricky))
    found = [i.key for i in store.list()]
    assert found == sorted(keys + tricky, key=str.encode)
    assert [i.key for i in store.list("many/")] == keys
    assert [i.key for i in store.list("many/109")] == [f"many/{i}" for i in range(1090, 1100)]
    assert list(store.list("many/x")) == []
    assert list(store.list("nothing/here/")) == []


def test_listing_after_a_key(store: Store) -> None:
    keys = sorted(["a", "a-b/x", "a/b", "a/c/1", "a/c/2", "a0", "b/1", "b/2", "é/z"], key=str.encode)
    keys.remove("a")
    for key in keys:
        store.put(key, b"")
    for after in [*keys, "", "a", "a/", "a/c", "a/c/", "a/c/15", "a-", "aa", "z", "0", "é"]:
        assert [i.key for i in store.list(after=after)] == [k for k in keys if k.encode() > after.encode()], after
    assert [i.key for i in store.list("b/", after="b/1")] == ["b/2"]
    assert [i.key for i in store.list("b/", after="a")] == ["b/1", "b/2"]
    assert list(store.list("a/c/", after="b")) == []


def test_create_file(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daguerre.storage.s3.PART_BYTES", 5 << 20)  # the smallest that S3 takes
    path = tmp_path / "file"
    for name, data in {"empty": b"", "small": b"123", "parts": bytes(range(256)) * (11 * 4096)}.items():
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        with pytest.raises(ObjectChangedError, match="file"):
            store.create_file(name, path, sha256="0" * 64)
        assert not store.exists(name)
        store.create_file(name, path, sha256=digest)
        assert store.get(name) == data
        with pytest.raises(ObjectExistsError):
            store.create_file(name, path, sha256=digest)
    assert [i.key for i in store.list()] == ["empty", "parts", "small"]


def test_delete_prefix(store: Store) -> None:
    for key in ("p/a", "p/b/c", "pq", "q"):
        store.put(key, b"1")
    assert store.delete_prefix("p/") == 2
    assert [i.key for i in store.list()] == ["pq", "q"]
    assert store.delete_prefix("p/") == 0
    assert store.delete_prefix("p") == 1


def test_delete_prefix_of_more_than_one_page(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda i: store.put(f"x/{i}", b""), range(1005)))
    assert store.delete_prefix("x/") == 1005
    assert list(store.list()) == []


def test_put_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    data = bytes(range(256)) * (9 * 4096)  # 9 MiB: two parts on S3
    path.write_bytes(data)
    store.put_file("large", path)
    assert store.stat("large").size == len(data)
    assert store.get("large") == data


def test_create_refuses_what_exists(store: Store) -> None:
    store.create("a", b"first")
    with pytest.raises(ObjectExistsError, match="a"):
        store.create("a", b"first")
    store.put("b", b"put")
    with pytest.raises(ObjectExistsError):
        store.create("b", b"created")
    assert (store.get("a"), store.get("b")) == (b"first", b"put")


def test_create_again_after_delete(store: Store) -> None:
    store.create("a", b"1")
    store.delete("a")
    store.create("a", b"2")
    assert store.get("a") == b"2"


def test_of_eight_racing_threads_one_wins(store: Store) -> None:
    # All write the same bytes, so that reading back cannot be what tells the winner.
    def race(key: str) -> bool:
        try:
            store.create(key, b"same")
        except ObjectExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        for round_number in range(20):
            won = list(threads.map(race, [f"race/{round_number}"] * 8))
            assert sum(won) == 1


def _create(url: str, start: object, answers: object, name: int) -> None:
    store = open_store(url)
    start.wait()  # type: ignore[attr-defined]
    for i in range(10):
        try:
            store.create(f"race/{i}", f"{name}".encode() * 1000)
        except ObjectExistsError:
            continue
        answers.put((i, name))  # type: ignore[attr-defined]


def test_of_four_racing_processes_one_wins(store: Store, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(4), context.Queue()
    workers = [context.Process(target=_create, args=(url, start, answers, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    won = dict(answers.get(timeout=60) for _ in range(10))
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert answers.empty()
    assert sorted(won) == list(range(10))
    for i, name in won.items():
        assert store.get(f"race/{i}") == f"{name}".encode() * 1000


def test_the_address_for_other_readers(store: Store, url: str) -> None:
    assert store.uri("tables/a.lance").endswith("/tables/a.lance")
    if url.startswith("s3://"):
        options = store.options()
        assert store.uri("tables/a.lance") == f"{url}/tables/a.lance"
        assert options["aws_endpoint"].startswith("http://127.0.0.1:")
        assert options["allow_http"] == "true"
        assert options["aws_access_key_id"] == "testing"
    else:
        assert store.options() == {}


def test_a_root_that_is_not_there(url: str) -> None:
    missing = "s3://no-such-bucket-here/prefix" if url.startswith("s3://") else f"{url}/missing"
    with pytest.raises(RootNotFoundError):
        open_store(missing)
