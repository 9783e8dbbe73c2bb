"""The release log as Dagster shows it: every event of it is an event of `encoder_release`, partition = space.

The log is the only truth; this is a copy that can be thrown away and made again. An event that opens a column, the
first move of an alias to a release, materializes the asset, and what flows from it begins; any other is an observation,
which starts nothing: registering a model does not spend a night of embedding.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg

from assets.evidence import shown_event
from assets.experiments import mirror_experiments
from assets.releases import encoder_release, facts
from daguerre.registry.events import Event
from daguerre.workspace import Workspace

ASSET = encoder_release.key
#: Metadata by which an event of ours is known again.
NUMBER, KIND, DIGEST = "event", "kind", "digest"
#: Records read at once, the most that Dagster gives; 10,000 take some five seconds.
_PAGE = 10_000


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event of the log that the instance knows."""

    number: int
    kind: str
    digest: str
    space: str


def mirror(instance: dg.DagsterInstance, ws: Workspace) -> int:
    """Tell the instance every event of the log that it does not know; return how many those were.

    Doing it again tells nothing; an empty instance is told everything. Spaces that an alias names become
    partitions, spaces that no alias names any more cease to be: nothing flows into them.

    Raises:
        BrokenLogError: the log was tampered with.
    """
    from daguerre import layout
    from daguerre.lifecycle.moves import spec_of
    from daguerre.registry.log import read_state

    with _alone(ws):
        state, product = read_state(ws), ws.settings.product
        told = {event.number: event for event in already_told(instance)}
        numbers = range(1, state.number + 1)
        new = {n: Event.from_json(ws.store.get(layout.event(product, n))) for n in numbers if n not in told}
        spaces = {event.digest: event.space for event in told.values()}
        spaces |= {e.release: spec_of(ws, e.release).space for e in new.values() if e.kind == "registered"}
        _keep_partitions(instance, {spaces[p.release] for p in state.pointers.values()}, known=set(spaces.values()))
        kinds = {n: (event.kind, event.digest) for n, event in told.items()}
        opening = _opening(kinds | {n: (event.kind.value, event.release) for n, event in new.items()})
        for number, event in sorted(new.items()):
            _tell(instance, ws, event, space=spaces[event.release], opens=number in opening)
        mirror_experiments(instance, ws)
    return len(new)


def _opening(kinds: Mapping[int, tuple[str, str]]) -> set[int]:
    """Return the numbers of the events by which an alias first names a release, or does again after it was retired."""
    opening, opened = set[int](), set[str]()
    for number, (kind, digest) in sorted(kinds.items()):
        if kind == "retired":
            opened.discard(digest)
        elif kind == "promoted" and digest not in opened:
            opened.add(digest)
            opening.add(number)
    return opening


def already_told(instance: dg.DagsterInstance) -> Iterator[Told]:
    """Yield what the instance knows of the log."""
    for fetch in (instance.fetch_materializations, instance.fetch_observations):
        for record in _records(fetch):
            said = record.asset_materialization or record.event_log_entry.asset_observation
            if said and NUMBER in said.metadata:
                yield Told(
                    number=int(str(said.metadata[NUMBER].value)),
                    kind=str(said.metadata[KIND].value),
                    digest=str(said.metadata[DIGEST].value),
                    space=said.partition or "",
                )


def _records(fetch: Callable[..., dg.EventRecordsResult], cursor: str | None = None) -> Iterator[dg.EventLogRecord]:
    page = fetch(ASSET, limit=_PAGE, cursor=cursor)
    yield from page.records
    if page.has_more:
        yield from _records(fetch, page.cursor)


@contextmanager
def _alone(ws: Workspace) -> Iterator[None]:
    """Let one process of this machine mirror at a time: two would tell the same events.

    Across machines that is possible, in the moment between reading and telling; an event is then shown twice.
    """
    with (ws.cache / "mirror.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep_partitions(instance: dg.DagsterInstance, live: set[str], *, known: set[str]) -> None:
    """Make the partitions those that an alias names; leave alone what the log has never heard of."""
    there = set(instance.get_dynamic_partitions("space"))
    if new := sorted(live - there):
        instance.add_dynamic_partitions("space", new)
    for space in sorted((there & known) - live):
        instance.delete_dynamic_partition("space", space)


def _tell(instance: dg.DagsterInstance, ws: Workspace, event: Event, *, space: str, opens: bool) -> None:
    """Store one event. Its own time is in the metadata: an instance hides what seems older than its last wipe."""
    metadata = shown_event(ws, event) | (facts(ws, event.release) if opens else {})
    said = f"{event.number}. {event.kind.value} by {event.actor}: {event.reason}"
    kind = dg.AssetMaterialization if opens else dg.AssetObservation
    instance.report_runless_asset_event(kind(ASSET, partition=space, metadata=metadata, description=said))
