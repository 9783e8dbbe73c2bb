"""Whether readers are told online what the lake says."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daguerre.features.lake import read_view
from daguerre.features.store import offline_view, online_view
from daguerre.features.views import EVENT_TIMESTAMP, View, view
from daguerre.workspace import Workspace

_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """How many keys of a view were compared, how many differ in any feature, and a few that do."""

    view: str
    compared: int
    unequal: int
    examples: tuple[str, ...]


def online_equals_offline(ws: Workspace, name: str, sample: int = 200, *, since: date = date.min) -> Consistency:
    """Compare the online values of some keys with the lake's newest values, exactly.

    The keys are drawn from the files of day `since` on by their hash: the same lake gives the same sample. Keys whose
    newest value is older than the view's ttl are left out: Feast lets values expire offline but never online.
    """
    wanted, now = view(name), ws.clock()
    ids = _sample(ws, wanted, since)[:sample]
    offline = offline_view(ws, name, ids, now)
    online = online_view(ws, name, ids)
    unequal = [
        f"{key} {feature}: online {online[feature][at]!r}, offline {offline[feature][at]!r}"
        for at, key in enumerate(ids)
        for feature in _differing(wanted, online, offline, at)[:1]
    ]
    return Consistency(view=name, compared=len(ids), unequal=len(unequal), examples=tuple(unequal[:_EXAMPLES]))


def _sample(ws: Workspace, of: View, since: date) -> list[str]:
    rows = read_view(ws, of, columns=[of.key, EVENT_TIMESTAMP], since=since)
    now = ws.clock()
    current = pc.less_equal(rows[EVENT_TIMESTAMP], pa.scalar(now))
    if of.ttl_days:
        young = pc.greater_equal(rows[EVENT_TIMESTAMP], pa.scalar(now - timedelta(days=of.ttl_days)))
        current = pc.and_(current, young)
    keys = rows.filter(current)[of.key].unique().to_pylist()
    return sorted(keys, key=lambda key: hashlib.sha256(key.encode()).digest())


def _differing(of: View, online: dict[str, list[Any]], offline: dict[str, list[Any]], at: int) -> list[str]:
    return [name for name in of.features if not _equal(online[name][at], offline[name][at])]


def _equal(one: Any, other: Any) -> bool:
    """Compare two values; nothing, not-a-number and the empty list all mean that nothing is known."""
    if _unknown(one) or _unknown(other):
        return _unknown(one) and _unknown(other)
    return bool(one == other)


def _unknown(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, float) and math.isnan(value))
