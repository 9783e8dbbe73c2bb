"""Whether readers are told online what the lake says."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from daguerre.features.lake import read_view
from daguerre.features.store import offline_view, online_view
from daguerre.features.views import CREATED_TIMESTAMP, EVENT_TIMESTAMP, View, view
from daguerre.workspace import Workspace

_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """How many keys of a view were compared, how many differ in any feature, and a few that do."""

    view: str
    compared: int
    unequal: int
    examples: tuple[str, ...]


def online_equals_offline(
    ws: Workspace,
    name: str,
    sample: int = 200,
    *,
    among: Collection[str] | None = None,
    since: date = date.min,
    at: datetime | None = None,
) -> Consistency:
    """Compare the online values of some keys with the lake's newest values, exactly.

    The keys are drawn by their hash: the same lake gives the same sample. Keys whose newest value is older than the
    view's ttl are left out: Feast lets values expire offline but never online.

    Args:
        among: Draw only from these keys.
        since: Draw only from the files of this day on.
        at: When the last load ended; what was written later is not expected online. Default: now.
    """
    wanted, at = view(name), at or ws.clock()
    stored = _keys(ws, wanted, since, at)
    ids = sorted(stored if among is None else stored & set(among), key=_by_hash)[:sample]
    offline = offline_view(ws, name, ids, at)
    online = online_view(ws, name, ids)
    unequal = [
        f"{key} {feature}: online {online[feature][row]!r}, offline {offline[feature][row]!r}"
        for row, key in enumerate(ids)
        for feature in _differing(wanted, online, offline, row)[:1]
    ]
    return Consistency(view=name, compared=len(ids), unequal=len(unequal), examples=tuple(unequal[:_EXAMPLES]))


def _keys(ws: Workspace, of: View, since: date, at: datetime) -> set[str]:
    """Return the keys of which something was known at a time, and not too long before it."""
    rows = read_view(ws, of, columns=[of.key, EVENT_TIMESTAMP, CREATED_TIMESTAMP], since=since)
    known = pc.and_(pc.less_equal(rows[EVENT_TIMESTAMP], at), pc.less_equal(rows[CREATED_TIMESTAMP], at))
    if of.ttl_days:
        known = pc.and_(known, pc.greater_equal(rows[EVENT_TIMESTAMP], at - timedelta(days=of.ttl_days)))
    return set(rows.filter(known)[of.key].unique().to_pylist())


def _by_hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _differing(of: View, online: dict[str, list[Any]], offline: dict[str, list[Any]], row: int) -> list[str]:
    return [name for name in of.features if not _equal(online[name][row], offline[name][row])]


def _equal(one: Any, other: Any) -> bool:
    """Compare two values; nothing, not-a-number and the empty list all mean that nothing is known."""
    if _unknown(one) or _unknown(other):
        return _unknown(one) and _unknown(other)
    return bool(one == other)


def _unknown(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, float) and math.isnan(value))
