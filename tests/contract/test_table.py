"""What every table promises, on a folder and on S3 over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from daguerre.storage.opening import open_store
from daguerre.tables.sql import quote
from daguerre.tables.table import DuplicateKeysError, Table, TableError
from tests.fakes.s3_server import new_bucket, running_s3, use_s3

_MARK = {b"lance-schema:unenforced-primary-key": b"true"}
SCHEMA = pa.schema(
    [pa.field("id", pa.string(), nullable=False, metadata=_MARK), ("owner", pa.string()), ("n", pa.int64())]
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_s3() as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def table(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    if request.param == "folder":
        root = str(tmp_path / "a root #1 %20")
    else:
        endpoint = request.getfixturevalue("endpoint")
        use_s3(monkeypatch, endpoint)
        root = f"s3://{new_bucket(endpoint)}/some/prefix"
    return Table(open_store(root, create=True), "tables/things.lance", SCHEMA)


def rows(*triples: tuple[str, str, int]) -> pa.Table:
    return pa.table(dict(zip(SCHEMA.names, map(list, zip(*triples, strict=True)), strict=True)), schema=SCHEMA)


def contents(table: Table) -> list[tuple[str, str, int]]:
    return [tuple(row.values()) for row in table.read().to_pylist()]


def test_a_missing_table_reads_as_an_empty_one(table: Table) -> None:
    assert not table.exists()
    assert (table.count(), table.version, table.delete("true")) == (0, 0, 0)
    assert table.read(["n"]).schema.names == ["n"]
    assert list(table.scan()) == []
    table.compact()
    assert not table.exists()


def test_upsert_replaces_known_keys_and_adds_new_ones(table: Table) -> None:
    table.upsert(rows(("b", "x", 1), ("a", "x", 2)))
    table.upsert(rows(("c", "y", 3), ("b", "y", 4)))
    assert contents(table) == [("a", "x", 2), ("b", "y", 4), ("c", "y", 3)]
    assert table.open().schema.field("id").metadata == _MARK


def test_upsert_twice_changes_nothing(table: Table) -> None:
    some = rows(("b", "x", 1), ("a", "x", 2))
    table.upsert(some)
    first = table.read()
    table.upsert(some)
    assert table.read().equals(first)


def test_one_key_twice_is_refused_before_anything_is_written(table: Table) -> None:
    with pytest.raises(DuplicateKeysError, match=r"things\.lance"):
        table.upsert(rows(("a", "x", 1), ("a", "x", 2)))
    assert table.count() == 0


def test_replace_makes_the_rows_all_that_meets_the_condition(table: Table) -> None:
    table.upsert(rows(("a", "x", 1), ("b", "x", 2), ("c", "y", 3)))
    before = table.version
    table.replace("owner = 'x'", rows(("b", "x", 9), ("d", "x", 4)))
    assert contents(table) == [("b", "x", 9), ("c", "y", 3), ("d", "x", 4)]
    assert table.version == before + 1, "one commit, so that no reader sees a part"


def test_replace_by_nothing_deletes(table: Table) -> None:
    table.replace("owner = 'x'", SCHEMA.empty_table())
    assert not table.exists()
    table.upsert(rows(("a", "x", 1), ("c", "y", 3)))
    table.replace("owner = 'x'", SCHEMA.empty_table())
    assert contents(table) == [("c", "y", 3)]


def test_conditions_and_columns_are_pushed_down(table: Table) -> None:
    table.upsert(rows(("a", "o'hara", 1), ("b", "x", 2), ("c", "o'hara", 3)))
    where = f"owner = {quote(chr(111) + chr(39) + 'hara')}"
    assert table.count(where) == 2
    assert table.read(["n"], where).to_pylist() == [{"n": 1}, {"n": 3}]
    assert sum(batch.num_rows for batch in table.scan(["id"], where, batch_rows=1)) == 2
    assert table.lookup(["c", "a", "nobody"], ["id"]).to_pylist() == [{"id": "a"}, {"id": "c"}]
    assert table.lookup([], ["id"]).num_rows == 0
    assert table.delete(where) == 2
    assert table.count() == 1


def test_many_small_writes_stay_few_fragments_and_an_open_reader_goes_on(table: Table) -> None:
    table.upsert(rows(("first", "x", 0)))
    reader = table.open()
    for i in range(66):
        table.upsert(rows((f"{i:03}", "x", i)))
    table.compact()
    assert len(table.open().get_fragments()) == 1
    assert table.count() == 67
    assert reader.to_table().num_rows == 1
    table.upsert(rows(("003", "y", -1), ("new", "y", 1)))
    assert table.lookup(["003"], ["n"]).to_pylist() == [{"n": -1}], "an upsert finds its rows through the key's index"
    assert table.count() == 68


def test_versions_older_than_the_retention_go_unless_tagged(table: Table) -> None:
    table.upsert(rows(("a", "x", 1)))
    held, gone = table.version, table.version + 1
    table.open().tags.create("held", held)
    for i in range(3):
        table.upsert(rows(("a", "x", i)))
    table.compact(keep=timedelta(0))
    assert table.open("held").to_table().num_rows == 1
    with pytest.raises(TableError, match=str(gone)):
        table.open(gone).to_table()


def test_a_table_written_before_a_column_existed_gets_it(table: Table) -> None:
    table.upsert(rows(("a", "alice", 1), ("b", "bob", 2)))
    grown = Table(table.store, table.key, SCHEMA.append(pa.field("note", pa.string())))
    assert grown.read()["note"].to_pylist() == [None, None]
    assert grown.read(["note"], "id = 'a'").num_rows == 1
    grown.upsert(pa.table({"id": ["a"], "owner": ["alice"], "n": [3], "note": ["new"]}))
    assert grown.read(["id", "n", "note"]).to_pylist() == [
        {"id": "a", "n": 3, "note": "new"},
        {"id": "b", "n": 2, "note": None},
    ]
    assert table.read(["id"]).num_rows == 2
