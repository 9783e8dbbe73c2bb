"""Stored folds: what the first N events amount to, so that reading the log stays cheap however long it gets.

A fold is derived. One that is missing, damaged or written by another version of this program is passed over, and the
log is read from further back; one that was changed on purpose is found by `verify_log`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from daguerre import layout
from daguerre.registry.events import BrokenLogError
from daguerre.registry.state import State
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: A fold is stored after every so many events.
EVERY = 256
#: Version of `state.fold`. Raise it with any change of what an event means, or old folds keep the old meaning.
FORMAT = 1


def keep_fold(ws: Workspace, product: str, state: State) -> None:
    """Store the fold. Equal states have equal bytes, so it does not matter who writes it, or how often."""
    ws.store.put(layout.event_snapshot(product, state.number), encode_fold(state))


def newest_folds(ws: Workspace, product: str) -> Iterator[State]:
    """Yield the stored folds that can be read, the newest first; each one costs a request when it is taken."""
    for key in reversed(_keys(ws, product)):
        try:
            state = decode_fold(ws.store.get(key))
        except (ObjectNotFoundError, BrokenLogError):
            continue
        if state is not None and key == layout.event_snapshot(product, state.number):
            yield state


def stored_folds(ws: Workspace, product: str) -> Iterator[tuple[str, State]]:
    """Yield key and state of every stored fold of this format, in order. Raises BrokenLogError for a damaged one."""
    for key in _keys(ws, product):
        try:
            state = decode_fold(ws.store.get(key))
        except BrokenLogError as e:
            raise BrokenLogError(f"{key} is damaged", fix="Delete it: it is made from the events.") from e
        if state is not None:
            yield key, state


def _keys(ws: Workspace, product: str) -> list[str]:
    prefix = layout.event_snapshot(product, 0).rpartition("/")[0] + "/"
    return [info.key for info in ws.store.list(prefix)]


def encode_fold(state: State) -> bytes:
    """Encode a state; equal states have equal bytes."""
    record = _adapter().dump_python(state, mode="json")
    record["releases"] = list(record["releases"].values())  # a list keeps the order, sorted keys do not
    return canonical_json({"format": FORMAT, "sha256": sha256_hex(canonical_json(record)), "state": record})


def decode_fold(data: bytes) -> State | None:
    """Read a state; None: it is of another format. Raises BrokenLogError when it is damaged."""
    try:
        stored = json.loads(data)
        if stored["format"] != FORMAT:
            return None
        record: dict[str, Any] = stored["state"]
        if stored["sha256"] != sha256_hex(canonical_json(record)):
            raise BrokenLogError("a fold does not have its hash")
        record["releases"] = {release["digest"]: release for release in record["releases"]}
        return _adapter().validate_python(record)
    except (ValueError, TypeError, KeyError) as e:  # pydantic's ValidationError is a ValueError
        raise BrokenLogError(f"a fold cannot be read ({e})") from e


@functools.cache
def _adapter() -> TypeAdapter[State]:
    from pydantic import TypeAdapter

    return TypeAdapter(State)
