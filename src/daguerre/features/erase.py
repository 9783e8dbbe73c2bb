"""Forget photos: tombstone, lake, online store, and proof.

Feast can delete whole views and whole kinds of entities, no single row. So the rows are deleted by Feast's own
serialised key in every table that the project has online. The order matters: a tombstone first, since any later load
or re-run of a partition would bring the rows back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from daguerre import layout
from daguerre.features.lake import drop_photos, read_view
from daguerre.features.profile import single_writer
from daguerre.features.store import FeatureStoreError, open_feature_store
from daguerre.features.tombstones import bury
from daguerre.features.views import VIEWS, View
from daguerre.tables import catalogue
from daguerre.tables.sql import one_of
from daguerre.workspace import Workspace

if TYPE_CHECKING:
    from feast import FeatureStore

#: The lake, and the checkpoints of the stage that writes most of it.
_PLACES = ("features/", f"{layout.LEDGER}signals/")
_AT_ONCE = 1000


class EraseError(FeatureStoreError):
    """Something of an erased photo is still there."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure removed: rows (and the files rewritten for it) of the lake, entries online, descriptors."""

    files: int
    rows: int
    online: int
    descriptors: int


def erase_photos(ws: Workspace, photo_ids: Iterable[str]) -> Erased:
    """Remove every signal of the photos, and keep them from coming back. Doing it again removes nothing and is fine.

    Older versions of the descriptors table hold the bytes until the table's next compaction.

    Raises:
        EraseError: after all this a read still finds one of them.
    """
    ids = sorted(set(photo_ids))
    if not ids:
        return Erased(files=0, rows=0, online=0, descriptors=0)
    bury(ws, ids)
    store = open_feature_store(ws)
    with single_writer(ws):
        parts = [drop_photos(ws, place, set(ids)) for place in _PLACES]
        online = _erase_online(store, "photo_id", ids)
    table = catalogue.descriptors(ws)
    gone = sum(table.delete(one_of("photo_id", ids[at : at + _AT_ONCE])) for at in range(0, len(ids), _AT_ONCE))
    _verify(ws, store, ids)
    return Erased(
        files=sum(files for files, _ in parts), rows=sum(rows for _, rows in parts), online=online, descriptors=gone
    )


def _erase_online(store: FeatureStore, key: str, ids: Sequence[str]) -> int:
    erase = _redis if store.config.online_store.type == "redis" else _sqlite
    keys = _serialised(store, key, ids)
    return sum(erase(store, keys[at : at + _AT_ONCE]) for at in range(0, len(keys), _AT_ONCE))


def _serialised(store: FeatureStore, key: str, ids: Sequence[str]) -> list[bytes]:
    from feast.infra.key_encoding_utils import serialize_entity_key
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    version = store.config.entity_key_serialization_version
    entities = (EntityKey(join_keys=[key], entity_values=[Value(string_val=i)]) for i in ids)
    return [bytes(serialize_entity_key(entity, version)) for entity in entities]


def _sqlite(store: FeatureStore, keys: Sequence[bytes]) -> int:
    connection = _online(store)._get_conn(store.config)
    connection.execute("PRAGMA secure_delete=ON")  # overwrite the bytes, not only the index
    prefix = f"{store.config.project}_"
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, ?) = ?", (len(prefix), prefix)
    )
    tables = [name for (name,) in found.fetchall()]
    with connection:
        return sum(
            connection.executemany(
                f'DELETE FROM "{name}" WHERE entity_key = ?',  # noqa: S608 - names from sqlite_master
                [(key,) for key in keys],
            ).rowcount
            for name in tables
        )


def _redis(store: FeatureStore, keys: Sequence[bytes]) -> int:
    """Unlink the one hash that holds all views of an entity; its name is the key and the project."""
    client = _online(store)._get_client(store.config.online_store)
    return int(client.unlink(*(key + store.config.project.encode() for key in keys)))


def _online(store: FeatureStore) -> Any:
    """Return the online store. Its connection has no public door; the contract tests hold the two calls above."""
    return store._get_provider().online_store


def _verify(ws: Workspace, store: FeatureStore, ids: Sequence[str]) -> None:
    for view in VIEWS:
        if view.entity == "photo" and (left := [*_left_offline(ws, view, ids), *_left_online(store, view, ids)]):
            raise EraseError(f"{len(left)} photos in {view.name}, {left[0]} first", fix="Erase them again.")


def _left_offline(ws: Workspace, view: View, ids: Sequence[str]) -> list[str]:
    stored = set(pc.unique(read_view(ws, view, columns=[view.key])[view.key]).to_pylist())
    return [photo for photo in ids if photo in stored]


def _left_online(store: FeatureStore, view: View, ids: Sequence[str]) -> list[str]:
    left: list[str] = []
    for at in range(0, len(ids), _AT_ONCE):
        part = list(ids[at : at + _AT_ONCE])
        answer = store.get_online_features([f"{view.name}:{f}" for f in view.features], {view.key: part}).to_dict()
        left += [photo for i, photo in enumerate(part) if any(answer[f][i] is not None for f in view.features)]
    return left
