"""Feast as the rest of the house sees it: load values, read them online, join them in time."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from daguerre.errors import DaguerreError
from daguerre.features.feast_objects import all_objects
from daguerre.features.profile import Profile, profile, single_writer
from daguerre.features.views import EVENT_TIMESTAMP, Service, View, service, view
from daguerre.telemetry import silence_vendors
from daguerre.workspace import Workspace

if TYPE_CHECKING:
    from feast import FeatureStore

#: SQLite binds at most 32,766 values in one statement; this also bounds what one answer holds in memory.
_READ_AT_ONCE = 1000
_ROW = "__row"


class FeatureStoreError(DaguerreError):
    """The feature store did not do what it was asked."""


def open_feature_store(ws: Workspace) -> FeatureStore:
    """Open Feast for this installation; an embedded registry gets the definitions first, when it lacks them.

    Importing Feast takes seconds: call this inside stages and commands, never while definitions load.
    """
    setup = profile(ws)
    if setup.embedded and not setup.applied_mark.exists():
        apply_definitions(ws)
    return _open(setup)


def apply_definitions(ws: Workspace) -> None:
    """Bring the registry and the online tables up to our definitions; doing it twice changes nothing."""
    setup = profile(ws)
    with single_writer(ws), _quiet():
        _open(setup).apply(all_objects(setup.root, setup.endpoint))
    for old in setup.folder.glob("applied-*"):
        old.unlink(missing_ok=True)
    setup.applied_mark.touch()


def load_online(ws: Workspace, views: Sequence[str], start: datetime) -> datetime:
    """Copy the newest row of each key between `start` and now to the online store; return what now was.

    The window always ends now: the online store keeps what is written last, so a window that ended earlier would take
    a late load back in time. One writer at a time; a load that was killed is repaired by the next one.

    Raises:
        FeatureStoreError: `start` lies in the future.
    """
    now = ws.clock()
    if start > now:
        raise FeatureStoreError(f"load from {start:%Y-%m-%d %H:%M}", fix=f"It is only {now:%Y-%m-%d %H:%M}.")
    store = open_feature_store(ws)
    with single_writer(ws), _quiet():
        store.materialize(start, now, feature_views=[view(name).name for name in views])
    return now


def online_features(ws: Workspace, service_name: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Read a service's features of some photos; every list is in the order of `ids`, None where nothing is known.

    About 10 microseconds per value: meant for a few hundred photos per call.
    """
    return _read_online(open_feature_store(ws), _references(service(service_name)), "photo_id", ids)


def online_view(ws: Workspace, name: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Read all features of one view, as `online_features` does; `ids` name its entity."""
    wanted = view(name)
    return _read_online(open_feature_store(ws), _view_references(wanted), wanted.key, ids)


def training_frame(ws: Workspace, service_name: str, rows: pa.Table, *, as_known: bool = True) -> pa.Table:
    """Join rows with what a service's features were at each row's `event_timestamp`.

    Args:
        rows: `photo_id` and `event_timestamp`, `owner_id` where the service has features of owners; more is kept.
        as_known: Use only values that had been written by then, so that no later model leaks into the past. False
            asks what today's models say about the past.

    Returns:
        The rows in their order and number, then the features in the service's order; null where nothing was known.
    """
    return _join(ws, _references(service(service_name)), rows, as_known=as_known)


def offline_view(ws: Workspace, name: str, ids: Sequence[str], at: datetime) -> dict[str, list[Any]]:
    """Read all features of one view as they were known at one time, from the lake, in the order of `ids`."""
    wanted = view(name)
    times = pa.array([at] * len(ids), pa.timestamp("us", tz="UTC"))
    rows = pa.table({wanted.key: pa.array(ids, pa.string()), EVENT_TIMESTAMP: times})
    joined = _join(ws, _view_references(wanted), rows, as_known=True)
    return {name: joined[name].to_pylist() for name in [wanted.key, *wanted.features]}


def _open(setup: Profile) -> FeatureStore:
    silence_vendors()
    from feast import FeatureStore

    return FeatureStore(config=setup.repo_config())


def _join(ws: Workspace, references: list[str], rows: pa.Table, *, as_known: bool) -> pa.Table:
    types = {name: view(of).schema.field(name).type for of, name in (r.split(":") for r in references)}
    if rows.num_rows == 0:  # Feast cannot find the range of no times
        return pa.table({**{n: rows[n] for n in rows.column_names}, **{n: pa.nulls(0, t) for n, t in types.items()}})
    numbered = rows.append_column(_ROW, pa.array(range(rows.num_rows), pa.int64()))
    store = open_feature_store(ws)
    with _quiet():
        job = store.get_historical_features(numbered.to_pandas(), references, filter_by_created_timestamp=as_known)
        joined = job.to_arrow()
    joined = joined.sort_by(_ROW)  # Feast gives rows and columns back in any order
    features = {name: joined[name].cast(of_type) for name, of_type in types.items()}
    return pa.table({**{name: rows[name] for name in rows.column_names}, **features})


def _read_online(store: FeatureStore, references: list[str], key: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    answer: dict[str, list[Any]] = {name: [] for name in [key, *(r.split(":")[1] for r in references)]}
    for at in range(0, len(ids), _READ_AT_ONCE):
        part = store.get_online_features(references, {key: list(ids[at : at + _READ_AT_ONCE])}).to_dict()
        for name, values in answer.items():
            values.extend(part[name])
    return answer


def _references(of: Service) -> list[str]:
    return [f"{name}:{feature}" for name, features in of.features.items() for feature in features]


def _view_references(of: View) -> list[str]:
    return [f"{of.name}:{feature}" for feature in of.features]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Feast's coloured progress off the terminal and out of the run's log."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
