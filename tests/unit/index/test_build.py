from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from daguerre.index.build import NoVectorsError, build_index, prepare, publish
from daguerre.index.snapshot import find_snapshot, open_snapshot, read_snapshot
from daguerre.tables import catalogue
from daguerre.tables.table import TableError
from daguerre.workspace import Workspace
from tests.fakes.spaces import NOW, SPACE, clustered, vector_rows, workspace
from tests.unit.index.conftest import DIM, ROWS


def test_the_snapshot_says_what_was_built(filled: Workspace) -> None:
    snapshot = build_index(filled, SPACE, DIM)
    assert snapshot == read_snapshot(filled, SPACE)
    assert (snapshot.rows, snapshot.ann, snapshot.partitions, snapshot.built_at) == (ROWS, True, 1, NOW)
    dataset = open_snapshot(filled, snapshot)
    assert dataset.version == snapshot.version == dataset.tags.list()[snapshot.tag]["version"]
    indexed = {name: i.num_rows_indexed for i in dataset.describe_indices() for name in i.field_names}
    assert indexed == dict.fromkeys(["photo_id", "owner_id", "taken_at", "place", "media", "vector"], ROWS)


def test_a_small_table_has_no_ann_index(filled: Workspace, tmp_path) -> None:
    ws = workspace(filled.store.url, tmp_path / "cache", ann_rows=ROWS + 1)
    snapshot = build_index(ws, SPACE, DIM)
    assert (snapshot.ann, snapshot.partitions) == (False, 0)


def test_building_again_without_a_change_writes_nothing(filled: Workspace) -> None:
    first = build_index(filled, SPACE, DIM)
    assert build_index(filled, SPACE, DIM) == first
    assert catalogue.vectors(filled, SPACE, DIM).version == first.version


def test_an_empty_space_cannot_be_indexed(ws: Workspace) -> None:
    with pytest.raises(NoVectorsError, match=SPACE):
        build_index(ws, SPACE, DIM)


def test_new_rows_are_in_the_next_snapshot_and_not_in_the_one_before(filled: Workspace, matrix: np.ndarray) -> None:
    first = build_index(filled, SPACE, DIM)
    table = catalogue.vectors(filled, SPACE, DIM)
    table.upsert(vector_rows(clustered(100, DIM, seed=5), start=ROWS))
    assert open_snapshot(filled, read_snapshot(filled, SPACE)).count_rows() == ROWS
    second = build_index(filled, SPACE, DIM)
    assert second.rows == ROWS + 100
    assert second.partitions == first.partitions
    assert open_snapshot(filled, first).count_rows() == ROWS
    vector_index = next(i for i in open_snapshot(filled, second).describe_indices() if i.field_names == ["vector"])
    assert vector_index.num_rows_indexed == ROWS + 100


def test_a_table_that_has_doubled_gets_a_new_training(ws: Workspace) -> None:
    table = catalogue.vectors(ws, SPACE, 8)
    for start, n in ((0, 4096), (4096, 4096)):
        table.upsert(vector_rows(clustered(n, 8, seed=start), owners=("a",), start=start))
        snapshot = build_index(ws, SPACE, 8)
    assert snapshot.partitions == 2


def test_a_dimension_that_the_quantiser_cannot_pack_is_searched_exactly(ws: Workspace) -> None:
    catalogue.vectors(ws, SPACE, 12).upsert(vector_rows(clustered(1500, 12)))
    assert not build_index(ws, SPACE, 12).ann


def test_what_is_prepared_is_not_read_until_it_is_published(filled: Workspace) -> None:
    first = build_index(filled, SPACE, DIM)
    catalogue.vectors(filled, SPACE, DIM).delete("owner_id = 'bob'")
    second = prepare(filled, SPACE, DIM)
    assert read_snapshot(filled, SPACE) == first
    publish(filled, second)
    assert read_snapshot(filled, SPACE) == second
    assert second.rows == ROWS - 1000


def test_this_snapshot_and_the_one_before_outlive_every_cleanup(filled: Workspace) -> None:
    table = catalogue.vectors(filled, SPACE, DIM)
    snapshots = []
    for i in range(3):
        table.upsert(vector_rows(clustered(10, DIM, seed=i), start=ROWS + 10 * i))
        snapshots.append(prepare(filled, SPACE, DIM))
        publish(filled, snapshots[-1], keep=timedelta(0))
    table.compact(keep=timedelta(0))
    with pytest.raises(TableError):
        open_snapshot(filled, snapshots[0]).to_table()
    for snapshot in snapshots[1:]:
        assert open_snapshot(filled, snapshot).to_table(columns=["vector"]).num_rows == snapshot.rows
    assert set(table.open().tags.list()) == {s.tag for s in snapshots[1:]}


def test_a_table_that_shrank_below_the_limit_is_searched_exactly(filled: Workspace) -> None:
    assert build_index(filled, SPACE, DIM).ann
    catalogue.vectors(filled, SPACE, DIM).delete("owner_id != 'bob' OR photo_id < '0000000000000000000000000000000f'")
    assert not build_index(filled, SPACE, DIM).ann


def test_publishing_a_snapshot_twice_is_once(filled: Workspace) -> None:
    snapshot = build_index(filled, SPACE, DIM)
    publish(filled, replace(snapshot))
    assert find_snapshot(filled, SPACE) == snapshot
