"""The log of one product's releases: append-only, hash-chained, and the only truth about aliases.

Event N is created on condition that it does not exist. That one write is at once the lock, the move of an alias and
the entry that an auditor reads; of racing owners one wins. Aliases are a fold of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from daguerre import layout
from daguerre.registry.events import GENESIS, BrokenLogError, Event, EventKind, RegistryError
from daguerre.storage.ports import ObjectExistsError
from daguerre.workspace import Workspace

PRODUCTION = "production"
PREVIOUS = "previous"


class AliasConflictError(RegistryError):
    """Somebody else moved the alias meanwhile."""


class UnknownReleaseError(RegistryError):
    """The release is not registered."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """What an alias points at: a release and the index snapshot that belongs to it, moved together.

    `snapshot` is the version of the space's vector table; None: the snapshot that is served.
    """

    release: str
    snapshot: int | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """What the log says after its last event.

    Attributes:
        number: Number of the last event; 0 for an empty log.
        head: sha256 of the last event.
        releases: Digests that are registered, in order.
        pointers: Aliases.
    """

    number: int = 0
    head: str = GENESIS
    releases: tuple[str, ...] = ()
    pointers: Mapping[str, Pointer] = field(default_factory=dict)


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


def fold(events: Iterable[Event]) -> State:
    """Return what the events amount to."""
    state = State()
    for event in events:
        releases, pointers = state.releases, dict(state.pointers)
        if event.kind is EventKind.REGISTERED and event.release not in releases:
            releases = (*releases, event.release)
        if event.kind is EventKind.PROMOTED:
            before = pointers.get(event.alias)
            if event.alias == PRODUCTION and before:
                pointers[PREVIOUS] = before
            pointers[event.alias] = Pointer(release=event.release, snapshot=event.snapshot)
        state = State(number=event.number, head=event.sha256, releases=releases, pointers=pointers)
    return state


def aliases(ws: Workspace, product: str) -> dict[str, str]:
    """Return alias -> digest. Raises BrokenLogError."""
    return {alias: p.release for alias, p in fold(read_events(ws, product)).pointers.items()}


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

    def decide(state: State) -> Event | None:
        found = state.pointers.get(alias)
        if found != seen or (expect is not None and (found.release if found else "") != expect):
            raise AliasConflictError(
                f"{alias} of {product} points at {found.release[:12] if found else 'nothing'} now",
                fix="Look at `daguerre models list` and decide again.",
            )
        if digest not in state.releases:
            raise UnknownReleaseError(digest[:12], fix="`daguerre models register FOLDER` registers it.")
        if found == wanted:
            return None
        return Event(
            number=state.number + 1,
            previous=state.head,
            kind=EventKind.PROMOTED,
            product=product,
            release=digest,
            alias=alias,
            snapshot=snapshot,
            actor=actor,
            reason=reason,
            at=ws.clock(),
        )

    return append_event(ws, product, decide)
