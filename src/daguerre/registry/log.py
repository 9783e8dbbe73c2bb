"""The log of one product's releases: append-only, hash-chained, and the only truth about aliases.

Event N is created on condition that it does not exist. That one write is at once the lock, the move of an alias and
the entry that an auditor reads; of racing owners one wins. Aliases are a fold of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from daguerre import layout
from daguerre.registry.events import GENESIS, BrokenLogError, Event, EventKind, RegistryError
from daguerre.registry.state import Pointer, State, fold
from daguerre.storage.ports import ObjectExistsError
from daguerre.workspace import Workspace


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
    prefix = layout.event(product, 0).rpartition("/")[0] + "/"
    events: list[Event] = []
    head = GENESIS
    for info in ws.store.list(prefix):
        event = Event.from_json(ws.store.get(info.key))
        number = len(events) + 1
        if info.key != layout.event(product, number) or event.number != number:
            raise BrokenLogError(f"{info.key}: event {number} of {product} was expected")
        if event.previous != head:
            raise BrokenLogError(f"{info.key} does not continue event {number - 1} of {product}")
        head = event.sha256
        events.append(event)
    return events


def aliases(ws: Workspace, product: str) -> dict[str, str]:
    """Return alias -> digest. Raises BrokenLogError."""
    return {alias: p.release for alias, p in fold(read_events(ws, product)).pointers.items()}


def read_state(ws: Workspace, product: str = "") -> State:
    """Return what the log of a product, by default the installation's, amounts to. Raises BrokenLogError."""
    return fold(read_events(ws, product or ws.settings.product))


def append_event(ws: Workspace, product: str, decide: Callable[[State], Event | None]) -> Event | None:
    """Append what `decide` makes of the state; it is asked again whenever somebody else was faster.

    `decide` returns an event that continues the state (`Event.after`), or None to leave the log as it is; it raises
    when the state that it needs is gone.
    """
    while True:
        event = decide(fold(read_events(ws, product)))
        if event is None:
            return None
        try:
            ws.store.create(layout.event(product, event.number), event.to_json())
        except ObjectExistsError:
            continue
        return event


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
    seen = fold(read_events(ws, product)).pointers.get(alias)

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
