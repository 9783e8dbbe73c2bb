"""One Lance table below the root: upsert by key, read, replace, and stay small."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import pyarrow as pa

from daguerre.errors import DaguerreError
from daguerre.storage.ports import Store
from daguerre.tables.sql import one_of

T = TypeVar("T")

_PRIMARY = b"lance-schema:unenforced-primary-key"
#: Lance retries a conflict by itself for half a minute; we begin again this often, each time on the newest version.
_ATTEMPTS = 8
#: A commit costs time in proportion to the number of fragments, so writers merge them when there are this many.
_MAX_FRAGMENTS = 64
#: Versions younger than this are never removed: no reader of a table lives longer.
KEEP = timedelta(days=1)
_LOOKUP = 1000


class TableError(DaguerreError):
    """A table cannot be used."""


class TableBusyError(TableError):
    """Other writers kept changing the table."""


class DuplicateKeysError(TableError):
    """The rows to be written carry one key twice."""


@functools.cache
def session() -> Any:
    """Return the one set of caches of this process; Lance's own default is 6 GiB for indexes, per session."""
    import lance

    return lance.Session(  # type: ignore[attr-defined]
        index_cache_size_bytes=256 << 20, metadata_cache_size_bytes=64 << 20
    )


class Table:
    """Rows of one schema under one key of the store.

    The key column is the schema's field that carries Lance's mark of an unenforced primary key. Reads see one
    version, whole; writes are one commit each, so a kill leaves the old version or the new one.
    """

    def __init__(self, store: Store, key: str, schema: pa.Schema) -> None:
        self.store = store
        self.key = key
        self.schema = schema
        self.primary = next(f.name for f in schema if f.metadata and _PRIMARY in f.metadata)

    def open(self, version: int | str | None = None) -> Any:
        """Return the `LanceDataset` at a version or tag (default: the newest), or None when there is no table."""
        import lance

        uri, options = self.store.uri(self.key), self.store.options()
        try:
            return lance.dataset(uri, version=version, storage_options=options or None, session=session())
        except ValueError as e:
            if version is None and "was not found" in str(e):
                return None
            raise TableError(f"{self.key} at version {version}: {e}", fix="Build the index again.") from e

    def exists(self) -> bool:
        """Say whether the table has been created."""
        return self.open() is not None

    @property
    def version(self) -> int:
        """Return the number of the newest version; 0 when there is no table."""
        dataset = self.open()
        return int(dataset.version) if dataset else 0

    def read(self, columns: Sequence[str] | None = None, where: str | None = None) -> pa.Table:
        """Return rows sorted by key, so that equal contents read equal; an empty table when there is none."""
        names = list(columns) if columns is not None else self.schema.names
        dataset = self.open()
        if dataset is None:
            return pa.schema([self.schema.field(name) for name in names]).empty_table()
        wanted = names if self.primary in names else [*names, self.primary]
        stored = [name for name in wanted if name in dataset.schema.names]
        rows = dataset.to_table(columns=stored, filter=where).sort_by(self.primary)
        for name in names:
            if name not in stored:  # a column younger than the table, in which nothing has been written yet
                rows = rows.append_column(
                    self.schema.field(name), pa.nulls(rows.num_rows, self.schema.field(name).type)
                )
        return rows.select(names)

    def scan(
        self, columns: Sequence[str] | None = None, where: str | None = None, batch_rows: int = 8192
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows in storage order, at most `batch_rows` at a time, all of one version; memory stays bounded."""
        dataset = self.open()
        if dataset is not None:
            names = list(columns) if columns is not None else self.schema.names
            yield from dataset.to_batches(columns=names, filter=where, batch_size=batch_rows)

    def lookup(self, keys: Sequence[str], columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of these keys that exist, sorted by key."""
        parts = [
            self.read(columns, one_of(self.primary, keys[at : at + _LOOKUP])) for at in range(0, len(keys), _LOOKUP)
        ]
        return pa.concat_tables(parts) if parts else self.read(columns, "false")

    def count(self, where: str | None = None) -> int:
        """Count rows."""
        dataset = self.open()
        return int(dataset.count_rows(filter=where)) if dataset else 0

    def upsert(self, rows: pa.Table) -> None:
        """Write rows in one commit: known keys are replaced, new ones added; creates the table when it is missing.

        Raises:
            DuplicateKeysError: two of the rows have one key.
            TableBusyError: other writers won every time.
        """
        rows = self._checked(rows)
        if rows.num_rows:
            self._commit(lambda dataset: self._merge(dataset).execute(rows))
            self._tidy()

    def replace(self, where: str, rows: pa.Table) -> None:
        """Make `rows` all that meets `where`, in one commit; rows that meet it and are not given are deleted.

        Raises:
            DuplicateKeysError: two of the rows have one key.
            TableBusyError: other writers won every time.
        """
        rows = self._checked(rows)
        if rows.num_rows or self.exists():
            self._commit(lambda dataset: self._merge(dataset).when_not_matched_by_source_delete(where).execute(rows))
            self._tidy()

    def delete(self, where: str) -> int:
        """Delete rows and return how many. Their bytes stay in older versions until those are removed."""
        if not self.exists():
            return 0
        return int(self._commit(lambda dataset: dataset.delete(where))["num_deleted_rows"])

    def compact(self, *, keep: timedelta = KEEP) -> None:
        """Merge small fragments, index the key, and remove untagged versions older than `keep`.

        Open readers go on: what a version younger than `keep` or a tag refers to stays. A concurrent writer wins;
        the next call does the work then.
        """
        dataset = self.open()
        if dataset is None:
            return
        self._index_key()  # first, because indexed fragments are never merged with unindexed ones
        self.maintain(self.open().optimize.compact_files)
        dataset = self.open()
        dataset.cleanup_old_versions(older_than=keep, error_if_tagged_old_versions=False)

    def maintain(self, action: Callable[[], object]) -> bool:
        """Run maintenance that may lose to a concurrent writer; say whether it got through."""
        try:
            action()
        except (OSError, RuntimeError) as e:
            if not _is_conflict(e):
                raise TableError(f"{self.key}: {e}") from e
            return False
        return True

    def _index_key(self) -> None:
        """Keep a BTREE over the key, so that an upsert finds its rows without reading the whole key column."""
        dataset = self.open()
        if any(index.field_names == [self.primary] for index in dataset.describe_indices()):
            self.maintain(dataset.optimize.optimize_indices)
        else:
            self.maintain(lambda: dataset.create_scalar_index(self.primary, "BTREE"))

    def _merge(self, dataset: Any) -> Any:
        return dataset.merge_insert(self.primary).when_matched_update_all().when_not_matched_insert_all()

    def _checked(self, rows: pa.Table) -> pa.Table:
        rows = rows.select(self.schema.names).cast(self.schema)
        if len(rows.column(self.primary).unique()) != rows.num_rows:
            # Lance inserts both without a word when the key is new.
            raise DuplicateKeysError(f"{self.key}, column {self.primary}")
        return rows

    def _open_or_create(self) -> Any:
        import lance

        dataset = self.open()
        if dataset is not None:
            return self._with_all_columns(dataset)
        options = self.store.options()
        try:
            return lance.write_dataset(
                self.schema.empty_table(), self.store.uri(self.key), mode="create", storage_options=options or None
            )
        except OSError as e:
            if "already exists" not in str(e) and not _is_conflict(e):
                raise
            return self.open()  # another process created it first

    def _with_all_columns(self, dataset: Any) -> Any:
        """Give a table that an earlier release wrote the columns that have been added since, empty."""
        young = [field for field in self.schema if field.name not in dataset.schema.names]
        if not young:
            return dataset
        dataset.add_columns(pa.schema(young))
        return self.open()

    def _commit(self, action: Callable[[Any], T]) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                return action(self._open_or_create())
            except (OSError, RuntimeError) as e:
                if not _is_conflict(e):
                    raise TableError(f"{self.key}: {e}") from e
                time.sleep(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311 - jitter
        raise TableBusyError(self.key, fix="Run one writer per table at a time; running it again is safe.")

    def _tidy(self) -> None:
        dataset = self.open()
        if len(dataset.get_fragments()) > _MAX_FRAGMENTS:
            self.compact()


def _is_conflict(error: Exception) -> bool:
    text = str(error).lower()
    return "conflict" in text or "concurrent" in text or "preempted" in text
