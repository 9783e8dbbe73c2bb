"""Feast's offline store over our lake; named by class path in Feast's configuration. Importing it imports Feast.

Feast's own DuckDB store needs an extension from the internet to read S3, fails on a file that lacks a column added
since, and fails on a view without files. This one hands it Arrow datasets instead: the filesystem is Arrow's, a
missing column reads as null, an empty lake as no rows. The functions in `feast.infra.offline_stores.ibis` are not
promised to stay: the version of Feast is pinned and the integration tests hold what we rely on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Literal

import ibis
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from feast import FileSource
from feast.data_source import DataSource
from feast.infra.offline_stores import ibis as feast_ibis
from feast.infra.offline_stores.duckdb import DuckDBOfflineStore, DuckDBOfflineStoreConfig
from feast.infra.offline_stores.offline_store import RetrievalJob

from daguerre.errors import DaguerreError
from daguerre.features.views import VIEWS

CLASS_PATH = "daguerre.features.lake_store.LakeOfflineStore"


class LakeIsReadOnlyError(DaguerreError):
    """Feast does not write our lake."""


class LakeOfflineStoreConfig(DuckDBOfflineStoreConfig):
    """Feast looks this class up by the store's name; there is nothing to configure."""

    type: Literal["daguerre.features.lake_store.LakeOfflineStore"] = "daguerre.features.lake_store.LakeOfflineStore"


class LakeOfflineStore(DuckDBOfflineStore):
    """Point-in-time joins and newest rows, by Feast's own SQL over our files."""

    @staticmethod
    def get_historical_features(
        config: Any,
        feature_views: list[Any],
        feature_refs: list[str],
        entity_df: Any,
        registry: Any,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """Join each entity row with the newest feature row at or before its time."""
        return feast_ibis.get_historical_features_ibis(
            config=config,
            feature_views=feature_views,
            feature_refs=feature_refs,
            entity_df=entity_df,
            registry=registry,
            project=project,
            full_feature_names=full_feature_names,
            filter_by_created_timestamp=filter_by_created_timestamp,
            data_source_reader=_read,
            data_source_writer=_refuse,
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: Any,
        data_source: Any,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """Return the newest row of each key between two times."""
        return _pull(feast_ibis.pull_latest_from_table_or_query_ibis)(
            config=config,
            data_source=data_source,
            join_key_columns=join_key_columns,
            feature_name_columns=feature_name_columns,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            start_date=start_date,
            end_date=end_date,
        )

    @staticmethod
    def pull_all_from_table_or_query(
        config: Any,
        data_source: Any,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """Return every row between two times."""
        return _pull(feast_ibis.pull_all_from_table_or_query_ibis)(
            config=config,
            data_source=data_source,
            join_key_columns=join_key_columns,
            feature_name_columns=feature_name_columns,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            start_date=start_date,
            end_date=end_date,
        )


def _pull(function: Callable[..., RetrievalJob]) -> Callable[..., RetrievalJob]:
    return partial(function, data_source_reader=_read, data_source_writer=_refuse)


def _read(source: DataSource, _repo_path: str) -> Any:
    """Open a source's files as one lazy table with the columns that its view declares."""
    assert isinstance(source, FileSource)
    schema = next(view.schema for view in VIEWS if f"{view.name}_lake" == source.name)
    filesystem, path = _filesystem(source)
    if filesystem.get_file_info(path).type == pafs.FileType.NotFound:
        return ibis.memtable(_nullable(schema).empty_table())
    return ibis.memtable(ds.dataset(path, filesystem=filesystem, format="parquet", schema=_nullable(schema)))


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def _filesystem(source: FileSource) -> tuple[pafs.FileSystem, str]:
    if not source.path.startswith("s3://"):
        return pafs.LocalFileSystem(), source.path
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    filesystem = pafs.S3FileSystem(endpoint_override=source.s3_endpoint_override or None, region=region)
    return filesystem, source.path.removeprefix("s3://")


def _refuse(*_: object) -> None:
    raise LakeIsReadOnlyError(fix="Write partitions with daguerre.features.lake.write_partition.")
