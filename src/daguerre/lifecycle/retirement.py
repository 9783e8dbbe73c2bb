"""Giving a release up: first the log says so, then what it took up is freed.

What is freed can be made again from the release's files, which stay: register it and fill its space anew. A process
that dies on the way leaves a retired release with something left, and so does a backfill that was still under way;
retiring it again frees the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daguerre import layout
from daguerre.encoders.release import Release
from daguerre.ids import SpaceName
from daguerre.lifecycle.moves import MoveError, check_reason, known, stored_release
from daguerre.quality.experiments.records import open_experiments
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_state, record
from daguerre.registry.state import State
from daguerre.serving.calls import ServerUnavailableError
from daguerre.serving.loading import ModelRefusedError, unload_release
from daguerre.serving.repository import GRAPHS, model_name
from daguerre.serving.state import server_folder
from daguerre.stages import journal
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace


class RetirementRefusedError(MoveError):
    """Somebody still needs the release."""


@dataclass(frozen=True, kw_only=True)
class Freed:
    """What one call freed; of a second call, what the first one had left.

    Attributes:
        rows: Vectors.
        refusals: Photos that the encoder had refused; a later backfill asks it again.
        objects, bytes: In the store.
        cached_bytes: On this machine.
        unloaded: Whether a server was told to forget the models.
    """

    release: str
    space: SpaceName
    rows: int
    refusals: int
    objects: int
    bytes: int
    cached_bytes: int
    unloaded: bool


def retire(ws: Workspace, digest: str, *, actor: str, reason: str) -> Freed:
    """Give a release up and free its vectors, its index, its models and its copy on this machine.

    Of a release that is retired already it frees what is left.

    Raises:
        RetirementRefusedError: an alias, a probation or an open experiment names it; says which.
        UnknownReleaseError: the release is not registered.
    """
    check_reason(reason)
    known(read_state(ws), digest)

    def allow(state: State) -> bool:
        if known(state, digest).retired:
            return False
        holders = [*_holders(state, digest), *_experiments(ws, digest)]
        if holders:
            raise RetirementRefusedError(
                f"{digest[:12]}: {'; '.join(said for said, _ in holders)}",
                fix=" ".join(dict.fromkeys(fix for _, fix in holders)),
            )
        return True

    record(ws, EventKind.RETIRED, digest, actor=actor, reason=reason, allow=allow)
    return erode(ws, digest)


def erode(ws: Workspace, digest: str) -> Freed:
    """Free what a retired release has left.

    What a reader needs first goes first: a space without its record has no index, whatever else is still there.

    Raises:
        RetirementRefusedError: the release is not retired.
    """
    if not known(read_state(ws), digest).retired:
        raise RetirementRefusedError(f"{digest[:12]} is not retired", fix="`daguerre models retire` retires it.")
    release = stored_release(ws, digest)
    space = release.spec.space
    unloaded = _unload(ws, release)
    sizes = _sizes(ws, release)
    ws.store.delete(layout.snapshot(space))
    journal.forget(ws, "search_index", space=space)
    ws.store.delete(layout.abstention(space))
    refusals = catalogue.rejected(ws).delete(f"stage = 'embeddings' AND space = {quote(space)}")
    table = catalogue.stored_vectors(ws, space)
    rows = table.count() if table else 0
    # Without its versions the table is not there; whoever looks in between never sees rows without their data.
    for prefix in (f"{layout.vectors(space)}/_versions/", *_prefixes(release)):
        ws.store.delete_prefix(prefix)
    return Freed(
        release=digest,
        space=space,
        rows=rows,
        refusals=refusals,
        objects=len(sizes),
        bytes=sum(sizes),
        cached_bytes=_forget_copy(release.folder),
        unloaded=unloaded,
    )


def _holders(state: State, digest: str) -> Iterator[tuple[str, str]]:
    """Yield who in the log needs a release, and the way out."""
    ways_out = {
        "production": "Promote another release first.",
        "candidate": "`daguerre models rollback --alias candidate` ends the candidacy.",
        "previous": "`daguerre models rollback --alias previous` gives up the way back.",
    }
    for alias in state.aliases_of(digest):
        yield f"alias {alias} names it", ways_out.get(alias, "Point the alias elsewhere.")
    baking = state.baking
    if baking and digest in {baking.release, *(p.release for a, p in state.pointers.items() if a == "previous")}:
        fix = "Wait for its end; `daguerre models watch` says what it lacks."
        yield f"a promotion bakes until {baking.until.isoformat()}", fix


def _experiments(ws: Workspace, digest: str) -> Iterator[tuple[str, str]]:
    for experiment in open_experiments(ws):
        if digest in experiment.releases:
            fix = "Run it, close it (`daguerre experiments close`), or wait until it expires."
            yield f"experiment {experiment.name} is open", fix


def _prefixes(release: Release) -> list[str]:
    folders = [f"{layout.TRITON}/{model_name(role, release.spec.digest)}/" for role in GRAPHS]
    return [layout.snapshot(release.spec.space).rpartition("/")[0] + "/", *folders]


def _sizes(ws: Workspace, release: Release) -> list[int]:
    return [info.size for prefix in _prefixes(release) for info in ws.store.list(prefix)]


def _unload(ws: Workspace, release: Release) -> bool:
    """Have a running server forget the models; say whether there was one. One that is away has nothing loaded."""
    state = server_folder(ws).read()
    url = ws.settings.triton_url or (state.url if state else "")
    if not url:
        return False
    with suppress(ServerUnavailableError, ModelRefusedError):
        unload_release(url, release)
        return True
    return False


def _forget_copy(folder: Path) -> int:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    shutil.rmtree(folder, ignore_errors=True)
    return size
