"""Which objects are sealed already: a local projection of the manifests, which may be deleted at any time."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from daguerre import layout
from daguerre.landing.manifest import Manifest
from daguerre.storage.ports import ObjectInfo, Store

_TABLES = """
CREATE TABLE IF NOT EXISTS manifests (number INTEGER PRIMARY KEY, etag TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS objects (
    source TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (source, key, size, etag)
) STRICT, WITHOUT ROWID;
"""
#: How long one landing waits for another that writes the projection.
_BUSY_S = 60.0


class Known:
    """Answers "is this object sealed?" without holding the objects in memory.

    Several processes may share one projection: each manifest enters in one transaction.
    """

    def __init__(self, connection: sqlite3.Connection, store: Store) -> None:
        self._connection = connection
        self._store = store

    def catch_up(self) -> int:
        """Take in every manifest that is not in the projection yet; return the highest number sealed, 0 for none."""
        last = 0
        known = dict(self._connection.execute("SELECT number, etag FROM manifests"))
        listed = {}
        for info in self._store.list(layout.LANDING):
            last = int(info.key.removeprefix(layout.LANDING).removesuffix(".json"))
            listed[last] = info
        if any(number not in listed or listed[number].etag != etag for number, etag in known.items()):
            # Another root lies under the same address now.
            with self._connection:
                self._connection.execute("DELETE FROM manifests")
                self._connection.execute("DELETE FROM objects")
            known = {}
        for number, info in listed.items():
            if number not in known:
                self._take_in(number, info)
        return last

    def __contains__(self, item: tuple[str, ObjectInfo]) -> bool:
        """Say whether (source, object) is in a sealed batch with this size and etag."""
        source, info = item
        row = self._connection.execute(
            "SELECT 1 FROM objects WHERE source = ? AND key = ? AND size = ? AND etag = ?",
            (source, info.key, info.size, info.etag),
        ).fetchone()
        return row is not None

    def _take_in(self, number: int, info: ObjectInfo) -> None:
        manifest = Manifest.from_json(self._store.get(info.key))
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO manifests VALUES (?, ?)", (number, info.etag))
            self._connection.executemany(
                "INSERT OR IGNORE INTO objects VALUES (?, ?, ?, ?)",
                ((manifest.source, o.key, o.size, o.etag) for o in manifest.objects),
            )


@contextmanager
def open_known(cache: Path, store: Store) -> Iterator[Known]:
    """Open the projection of `store` in the folder `cache`."""
    name = hashlib.sha256(store.url.encode()).hexdigest()[:16]
    folder = cache / "landing"
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / f"{name}.sqlite", timeout=_BUSY_S)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_TABLES)
        yield Known(connection, store)
