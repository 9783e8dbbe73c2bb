"""The log of one product's releases: append-only, hash-chained, and the only truth about aliases.

Event N is created on condition that it does not exist. That one write is at once the lock, the move of an alias and
the entry that an auditor reads; of racing owners one wins. Aliases are a fold of the log.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from daguerre import layout
from daguerre.registry.chain import event_keys, read_chain
from daguerre.registry.events import BrokenLogError, Event, EventKind, RegistryError
from daguerre.registry.folds import EVERY, keep_fold, newest_folds, stored_folds
from daguerre.registry.state import Pointer, State, fold
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectExistsError, StorageError, Store
from daguerre.workspace import Workspace

#: What this process knows already, per open store and product: a log only grows, so reading goes on from there.
_known: WeakKeyDictionary[Store, dict[str, State]] = WeakKeyDictionary()
_lock = threading.Lock()
#: A writer that lost a race waits up to so many times what its try took.
_PATIENCE = 8


class AliasConflictError(RegistryError):
    """Somebody else moved the alias meanwhile."""


class UnknownReleaseError(RegistryError):
    """The release is not registered."""

    exit_code = 3


def read_events(ws: Workspace, product: str) -> list[Event]:
    """Read the whole log and check its chain.

    Raises:
        BrokenLogError: an event is missing, was changed, or does not continue the one before it.
    """
    return list(read_chain(ws, product, event_keys(ws, product, after=0), State()))


def read_state(ws: Workspace, product: str = "") -> State:
    """Return what the log of a product, by default the installation's, amounts to.

    Goes on from what this process knows, or from the newest stored fold that agrees with the log. The events after
    it are checked; those before it are for `verify_log`.

    Raises:
        BrokenLogError: an event was changed or is missing.
    """
    product = product or ws.settings.product
    for start in _starts(ws, product):
        state = _continued(ws, product, start)
        if state is not None:
            break
    else:
        state = fold(read_events(ws, product))
    _remember(ws, product, state)
    return state


def verify_log(ws: Workspace, product: str = "") -> State:
    """Read every event, check the chain, and compare every stored fold with it; return what it amounts to.

    Raises:
        BrokenLogError: an event or a fold was changed, or an event is missing.
    """
    product = product or ws.settings.product
    folds = dict(stored_folds(ws, product))
    state, wrong = State(), list[str]()
    for event in read_chain(ws, product, event_keys(ws, product, after=0), state):
        state = fold([event], state)
        key = layout.event_snapshot(product, state.number)
        if key in folds and folds.pop(key) != state:
            wrong.append(key)
    if wrong:
        raise BrokenLogError(
            f"{', '.join(wrong)} is not what the events amount to",
            fix="Compare the log with a backup. A fold may be deleted: it is made from the events.",
        )
    if folds:
        raise BrokenLogError(f"the log of {product} ends at event {state.number}, before {', '.join(folds)}")
    return state


def newest_number(ws: Workspace, product: str, known: int) -> int:
    """Return the number of the last event; one small request when nothing came after event `known`."""
    if not ws.store.exists(layout.event(product, known + 1)):
        return known
    return known + len(event_keys(ws, product, after=known))


def aliases(ws: Workspace, product: str) -> dict[str, str]:
    """Return alias -> digest. Raises BrokenLogError."""
    return {alias: p.release for alias, p in read_state(ws, product).pointers.items()}


def append_event(ws: Workspace, product: str, decide: Callable[[State], Event | None]) -> Event | None:
    """Append what `decide` makes of the state; it is asked again whenever somebody else was faster.

    `decide` returns an event that continues the state, or None to leave the log as it is; it raises when the state
    that it needs is gone. Somebody always wins, so that a log with many writers moves on.
    """
    attempt = 0
    while True:
        began = time.monotonic()
        state = read_state(ws, product)
        event = decide(state)
        if event is None:
            return None
        data = event.to_json()
        event = Event.from_json(data)  # what everybody else will read
        try:
            ws.store.create(layout.event(product, event.number), data)
        except ObjectExistsError:
            attempt += 1
            took = time.monotonic() - began
            time.sleep(random.uniform(0, took * min(2**attempt, _PATIENCE)))  # noqa: S311  (no secret)
            continue
        state = fold([event], state)
        _remember(ws, product, state)
        if state.number % EVERY == 0:
            with suppress(StorageError):  # the event stands; without the fold, reading starts further back
                keep_fold(ws, product, state)
        return event


def _starts(ws: Workspace, product: str) -> Iterator[State]:
    with _lock:
        known = _known.get(ws.store, {}).get(product)
    if known:
        yield known
    yield from newest_folds(ws, product)


def _continued(ws: Workspace, product: str, start: State) -> State | None:
    """Go on from `start`; None: the log does not hold the event that it ends with."""
    tip, *keys = event_keys(ws, product, after=start.number - 1) or [""]
    if tip != layout.event(product, start.number) or sha256_hex(ws.store.get(tip)) != start.head:
        return None
    return fold(read_chain(ws, product, keys, start), start)


def _remember(ws: Workspace, product: str, state: State) -> None:
    if state.number:
        with _lock:
            _known.setdefault(ws.store, {})[product] = state


def record(
    ws: Workspace,
    kind: EventKind,
    digest: str,
    *,
    actor: str,
    reason: str,
    allow: Callable[[State], bool],
    alias: str = "",
    snapshot: int | None = None,
    evidence: Mapping[str, Any] | None = None,
    product: str = "",
) -> Event | None:
    """Append one event about a release; return it, or None when it was not to be.

    `allow` is asked of the state that the event continues, again whenever somebody else was faster: true writes the
    event, false leaves the log as it is, and it raises to refuse.

    Raises:
        UnknownReleaseError: the release was never registered for this product.
    """
    product = product or ws.settings.product

    def decide(state: State) -> Event | None:
        if kind is not EventKind.REGISTERED and digest not in state.releases:
            raise UnknownReleaseError(digest[:12], fix="`daguerre models register FOLDER` registers it.")
        if not allow(state):
            return None
        return Event(
            number=state.number + 1,
            previous=state.head,
            kind=kind,
            product=product,
            release=digest,
            alias=alias,
            snapshot=snapshot,
            actor=actor,
            reason=reason,
            at=ws.clock(),
            evidence=dict(evidence or {}),
        )

    return append_event(ws, product, decide)


def promote(
    ws: Workspace,
    alias: str,
    digest: str,
    *,
    actor: str,
    reason: str,
    product: str = "",
    snapshot: int | None = None,
    expect: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Event | None:
    """Point `alias` at a registered release, and `previous` at what production pointed at; None: it does already.

    `expect` is the digest that the alias pointed at when the decision was taken; without it, what it points at now.

    Raises:
        UnknownReleaseError: the release was never registered for this product.
        AliasConflictError: somebody moved the alias since; the other owner's choice stands.
    """
    product = product or ws.settings.product
    wanted = Pointer(release=digest, snapshot=snapshot)
    seen = read_state(ws, product).pointers.get(alias)

    def allow(state: State) -> bool:
        found = state.pointers.get(alias)
        if found != seen or (expect is not None and (found.release if found else "") != expect):
            raise AliasConflictError(
                f"{alias} of {product} points at {found.release[:12] if found else 'nothing'} now",
                fix="Look at `daguerre models list` and decide again.",
            )
        return found != wanted

    return record(
        ws,
        EventKind.PROMOTED,
        digest,
        actor=actor,
        reason=reason,
        allow=allow,
        alias=alias,
        snapshot=snapshot,
        evidence=evidence,
        product=product,
    )
