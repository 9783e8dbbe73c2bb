from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daguerre import layout
from daguerre.ids import BatchKey, batch_key
from daguerre.landing.manifest import (
    LandedObject,
    Manifest,
    ManifestError,
    NoSuchBatchError,
    count_objects,
    list_batches,
    object_id,
    read_manifest,
)
from daguerre.workspace import Workspace

AT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


def _manifest(batch: BatchKey, objects: int = 1) -> Manifest:
    names = [f"alice/né\n{i}.jpg" for i in range(objects)]
    return Manifest(
        batch=batch,
        source="/photos",
        sealed_at=AT,
        objects=tuple(LandedObject(key=n, size=3, etag="e", modified=AT, owner_id="alice") for n in names),
    )


def test_there_and_back() -> None:
    manifest = _manifest(batch_key("2024-05-06", 1), 3)
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert manifest.objects[0].info.key == "alice/né\n0.jpg"


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"batch":"x"}', _manifest(batch_key("2024-05-06", 1)).to_json()[:-9]]
)
def test_what_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ManifestError):
        Manifest.from_json(data)


def test_batches_come_in_the_order_of_their_numbers(ws: Workspace) -> None:
    batches = [batch_key("2024-05-06", 1), batch_key("2024-05-05", 2), batch_key("2024-05-07", 12_345)]
    for count, batch in enumerate(batches):
        ws.store.put(layout.manifest(batch), _manifest(batch, count).to_json())
    assert list_batches(ws.store) == batches
    assert count_objects(ws.store) == dict(zip(batches, [0, 1, 2], strict=True))
    assert read_manifest(ws.store, batches[2]).objects == _manifest(batches[2], 2).objects


def test_no_such_batch(ws: Workspace) -> None:
    batch = batch_key("2024-05-06", 1)
    assert list_batches(ws.store) == []
    with pytest.raises(NoSuchBatchError, match=batch):
        read_manifest(ws.store, batch)
    ws.store.put(layout.manifest(batch), _manifest(batch).to_json())
    with pytest.raises(NoSuchBatchError, match=r"that number is 2024-05-06.0001"):
        read_manifest(ws.store, batch_key("2024-05-07", 1))


def test_a_foreign_file_among_the_manifests_is_named(ws: Workspace) -> None:
    ws.store.put(layout.LANDING + "00000001.json", b"x" * 100)
    with pytest.raises(ManifestError, match=r"00000001.json"):
        list_batches(ws.store)


def test_object_ids_differ_by_batch_and_key() -> None:
    first, second = batch_key("2024-05-06", 1), batch_key("2024-05-06", 2)
    assert len({object_id(first, "a"), object_id(first, "b"), object_id(second, "a")}) == 3
