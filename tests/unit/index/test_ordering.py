from __future__ import annotations

import numpy as np

from daguerre.index.ordering import runs_per_owner, sort_by_owner
from daguerre.tables import catalogue
from daguerre.tables.table import Table
from daguerre.workspace import Workspace
from tests.fakes.spaces import SPACE, clustered, vector_rows


def scattered(ws: Workspace, batches: int = 3) -> Table:
    table = catalogue.vectors(ws, SPACE, 8)
    for i in range(batches):
        table.upsert(vector_rows(clustered(60, 8, seed=i), owners=("a", "b", "c"), start=60 * i))
    return table


def test_rows_in_order_are_one_run_per_owner(ws: Workspace) -> None:
    table = catalogue.vectors(ws, SPACE, 8)
    assert runs_per_owner(table) == 1.0
    table.upsert(vector_rows(clustered(60, 8), owners=("a",)))
    assert runs_per_owner(table) == 1.0
    assert not sort_by_owner(table)


def test_runs_are_counted_across_batches_of_a_scan(ws: Workspace) -> None:
    assert runs_per_owner(scattered(ws)) == 60.0


def test_sorting_changes_the_order_and_nothing_else(ws: Workspace) -> None:
    table = scattered(ws)
    before = table.read()
    old_reader = table.open()
    assert sort_by_owner(table)
    assert table.read().equals(before)
    assert runs_per_owner(table) == 1.0
    assert old_reader.to_table().num_rows == before.num_rows
    ids = [i for batch in table.scan(["owner_id", "taken_at", "photo_id"]) for i in batch.to_pylist()]
    assert ids == sorted(ids, key=lambda r: (r["owner_id"], r["taken_at"] is None, r["taken_at"], r["photo_id"]))


def test_a_change_meanwhile_wins_and_an_addition_stays(ws: Workspace, monkeypatch) -> None:
    table = scattered(ws)
    changed = vector_rows(-clustered(1, 8, seed=9), owners=("a",))
    with_writer(monkeypatch, lambda: table.upsert(changed))
    assert not sort_by_owner(table)
    monkeypatch.undo()
    np.testing.assert_array_equal(
        table.lookup(changed["photo_id"].to_pylist(), ["vector"])["vector"].to_pylist(), changed["vector"].to_pylist()
    )
    with_writer(monkeypatch, lambda: table.upsert(vector_rows(clustered(2, 8), start=5000)))
    assert sort_by_owner(table)
    assert table.count() == 182
    assert len(set(table.read(["photo_id"])["photo_id"].to_pylist())) == 182


def with_writer(monkeypatch, write) -> None:
    """Let another writer commit between reading and swapping."""
    import lance.fragment

    original = lance.fragment.write_fragments

    def write_and_be_overtaken(*args, **kwargs):
        fragments = original(*args, **kwargs)
        write()
        return fragments

    monkeypatch.setattr(lance.fragment, "write_fragments", write_and_be_overtaken)
