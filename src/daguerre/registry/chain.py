"""The events of a log, read in order and checked to continue each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from daguerre import layout
from daguerre.registry.events import BrokenLogError, Event
from daguerre.registry.state import State
from daguerre.storage.ports import Store
from daguerre.workspace import Workspace

#: Events that are under way at once; a store over a network answers in milliseconds, one after another in seconds.
_AT_ONCE = 16
_CHUNK = 256


def event_keys(ws: Workspace, product: str, *, after: int) -> list[str]:
    """Return the keys of the events behind event `after`, in order: one request per thousand."""
    prefix = layout.event(product, 0).rpartition("/")[0] + "/"
    last = layout.event(product, after) if after > 0 else ""
    return [info.key for info in ws.store.list(prefix, after=last)]


def read_chain(ws: Workspace, product: str, keys: Sequence[str], start: State) -> Iterator[Event]:
    """Yield the events under `keys`, which continue `start`.

    Raises:
        BrokenLogError: an event is missing, was changed, or does not continue the one before it.
    """
    head = start.head
    for number, (key, data) in enumerate(_contents(ws.store, keys), start.number + 1):
        try:
            event = Event.from_json(data)
        except BrokenLogError as e:
            raise BrokenLogError(f"{key}: {e.what}", fix="Restore the object from a backup.") from e
        if key != layout.event(product, number) or event.number != number or event.product != product:
            raise BrokenLogError(f"{key}: event {number} of {product} was expected")
        if event.previous != head:
            raise BrokenLogError(f"{key} does not continue event {number - 1} of {product}")
        head = event.sha256
        yield event


def _contents(store: Store, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    if len(keys) < 3:
        yield from ((key, store.get(key)) for key in keys)
        return
    with ThreadPoolExecutor(min(_AT_ONCE, len(keys)), thread_name_prefix="log") as threads:
        for first in range(0, len(keys), _CHUNK):
            chunk = keys[first : first + _CHUNK]
            yield from zip(chunk, threads.map(store.get, chunk), strict=True)
