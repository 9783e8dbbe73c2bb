"""What is kept of an experiment: its spec, one record that never changes, and what people decided against it.

An experiment is open from the moment its spec is stored until its record is, or until a person closes it undecided; the
record is created in one write, so a process that dies leaves the spec and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from daguerre import layout
from daguerre.errors import DaguerreError, NotFoundError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectExistsError, ObjectNotFoundError
from daguerre.workspace import Workspace

_SPEC = "spec.json"
_RECORD = "record.json"
_CLOSED = "closed.json"
_PAGE = "page.html"
_DRAWN = "evidently.html"
_SNAPSHOT = "evidently.json"


class ExperimentError(DaguerreError):
    """The experiment cannot be run."""

    exit_code = 2


class ExperimentNotFoundError(NotFoundError):
    """There is no such experiment."""


class AlreadyDecidedError(ExperimentError):
    """The experiment is decided already, and a decision is never made twice."""


class ExperimentClosedError(ExperimentError):
    """The experiment was closed undecided."""


class OtherSpecError(ExperimentError):
    """Another experiment has that name."""


@dataclass(frozen=True, kw_only=True)
class OpenExperiment:
    """An experiment without a record: what it compares must stay where it is."""

    name: str
    releases: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Override:
    """A person's verdict in the place of the record's; the record stays as it is.

    Attributes:
        number: From 1; the highest counts.
    """

    number: int
    verdict: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A person's word that nobody waits for the verdict any more."""

    reason: str
    actor: str
    at: datetime

    def said(self) -> str:
        """Say it to a person."""
        return f"{self.actor} closed it undecided on {self.at:%Y-%m-%d}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A decided experiment: `content` is what was written once, as JSON values; `key` and `sha256` name it."""

    name: str
    key: str
    sha256: str
    content: dict[str, Any]

    @property
    def verdict(self) -> str:
        """Return what was decided."""
        return str(self.content["decision"]["verdict"])

    @property
    def reason(self) -> str:
        """Return why."""
        return str(self.content["decision"]["reason"])


def open_experiments(ws: Workspace) -> list[OpenExperiment]:
    """Return the experiments that have a spec and no record, were not closed, and have not expired; by name."""
    now = ws.clock()
    found = []
    for name, files in _folders(ws):
        if _SPEC not in files or files & {_RECORD, _CLOSED}:
            continue
        spec = json.loads(ws.store.get(_key(name, _SPEC)))
        expires = datetime.fromisoformat(spec["expires"])
        if now < expires:
            releases = {spec[side]["release"] for side in ("production", "candidate")}
            found.append(OpenExperiment(name=name, releases=tuple(sorted(releases - {""})), expires=expires))
    return found


def names(ws: Workspace) -> list[str]:
    """Return every experiment that there is, open or decided."""
    return [name for name, files in _folders(ws) if _SPEC in files]


def store_spec(ws: Workspace, name: str, spec: dict[str, Any]) -> None:
    """Open an experiment; doing it again with the same spec changes nothing. Raises OtherSpecError."""
    data = canonical_json(spec)
    try:
        ws.store.create(_key(name, _SPEC), data)
    except ObjectExistsError as e:
        if ws.store.get(_key(name, _SPEC)) != data:
            raise OtherSpecError(name, fix="A spec never changes: give the new one a name of its own.") from e


def read_spec(ws: Workspace, name: str) -> dict[str, Any]:
    """Return the spec of an experiment. Raises ExperimentNotFoundError."""
    try:
        return json.loads(ws.store.get(_key(name, _SPEC)))
    except ObjectNotFoundError as e:
        raise ExperimentNotFoundError(name, fix="`daguerre experiments list` shows them.") from e


def find_record(ws: Workspace, name: str) -> Record | None:
    """Return the record of an experiment, or None while it is open."""
    key = _key(name, _RECORD)
    try:
        data = ws.store.get(key)
    except ObjectNotFoundError:
        return None
    return Record(name=name, key=key, sha256=sha256_hex(data), content=json.loads(data))


def read_record(ws: Workspace, name: str) -> Record:
    """Return the record of a decided experiment. Raises ExperimentNotFoundError."""
    record = find_record(ws, name)
    if record is None:
        raise ExperimentNotFoundError(f"a decision of {name!r}", fix="`daguerre experiments run SPEC` makes one.")
    return record


def decided_on(ws: Workspace, name: str, spec: dict[str, Any], data: dict[str, Any]) -> Record | None:
    """Return the record when it is of this spec and these data; None when there is none.

    Raises:
        AlreadyDecidedError: it is of other data.
        OtherSpecError: it is of another spec.
    """
    record = find_record(ws, name)
    if record is None:
        return None
    if record.content["spec"] != spec:
        raise OtherSpecError(name, fix="A spec never changes: give the new one a name of its own.")
    before = record.content["data"]
    changed = sorted(field for field in {*before, *data} if before.get(field) != data.get(field))
    if changed:
        raise AlreadyDecidedError(
            f"{name} ({record.verdict}) on other data: {', '.join(changed)}",
            fix="Make a new experiment: the same spec under a new name.",
        )
    return record


def store_record(ws: Workspace, name: str, content: dict[str, Any]) -> Record:
    """Decide an experiment; of several who decide at once on the same data the first one counts.

    Raises:
        AlreadyDecidedError: it was decided on other data meanwhile.
    """
    data = canonical_json(content)
    try:
        ws.store.create(_key(name, _RECORD), data)
    except ObjectExistsError:
        decided_on(ws, name, content["spec"], content["data"])
    return read_record(ws, name)


def close(ws: Workspace, name: str, *, reason: str, actor: str) -> Closing:
    """Close an experiment that nobody will decide: it keeps its releases no longer, and cannot be run any more.

    Written once; of several who close it the first one counts.

    Raises:
        ExperimentNotFoundError: there is no such experiment.
        ExperimentError: no reason, or no name.
        AlreadyDecidedError: there is nothing left to close.
        ExperimentClosedError: somebody closed it before.
    """
    read_spec(ws, name)
    if not reason.strip() or not actor.strip():
        raise ExperimentError(f"an end of {name} without a reason or a name", fix="Say who closes it, and why.")
    if record := find_record(ws, name):
        raise AlreadyDecidedError(
            f"{name} ({record.verdict})", fix="`daguerre experiments override` decides otherwise."
        )
    made = Closing(reason=reason, actor=actor, at=ws.clock())
    try:
        ws.store.create(_key(name, _CLOSED), canonical_json(asdict(made) | {"at": made.at.isoformat()}))
    except ObjectExistsError:
        check_not_closed(ws, name)
    return made


def find_closing(ws: Workspace, name: str) -> Closing | None:
    """Return who closed an experiment undecided, and why; None when nobody did."""
    try:
        row = json.loads(ws.store.get(_key(name, _CLOSED)))
    except ObjectNotFoundError:
        return None
    return Closing(**(row | {"at": datetime.fromisoformat(row["at"])}))


def check_not_closed(ws: Workspace, name: str) -> None:
    """Raise ExperimentClosedError when somebody closed it: what it compares may be gone."""
    if closing := find_closing(ws, name):
        raise ExperimentClosedError(f"{name}: {closing.said()}", fix="Make a new experiment: a spec with a new name.")


def override(ws: Workspace, name: str, verdict: str, *, reason: str, actor: str) -> Override:
    """Put a person's verdict beside that of the record. Raises ExperimentNotFoundError, ExperimentError."""
    read_record(ws, name)
    if not reason.strip() or not actor.strip():
        raise ExperimentError(f"an override of {name} without a reason or a name", fix="Say who decides so, and why.")
    while True:
        number = len(overrides(ws, name)) + 1
        made = Override(number=number, verdict=verdict, reason=reason, actor=actor, at=ws.clock())
        try:
            ws.store.create(_override_key(name, number), canonical_json(asdict(made) | {"at": made.at.isoformat()}))
        except ObjectExistsError:
            continue
        return made


def overrides(ws: Workspace, name: str) -> list[Override]:
    """Return what people decided against the record, oldest first."""
    keys = [info.key for info in ws.store.list(layout.experiment(name) + "override-")]
    rows = [json.loads(ws.store.get(key)) for key in keys]
    return [Override(**(row | {"at": datetime.fromisoformat(row["at"])})) for row in rows]


def page_key(name: str) -> str:
    """Return where the page of an experiment lies."""
    return _key(name, _PAGE)


def drawn_key(name: str) -> str:
    """Return where Evidently's report of an experiment lies."""
    return _key(name, _DRAWN)


def snapshot_key(name: str) -> str:
    """Return where the same report lies as a snapshot that Evidently loads."""
    return _key(name, _SNAPSHOT)


def _key(name: str, file: str) -> str:
    return layout.experiment(name) + file


def _override_key(name: str, number: int) -> str:
    return _key(name, f"override-{number:04d}.json")


def _folders(ws: Workspace) -> Iterator[tuple[str, set[str]]]:
    found: dict[str, set[str]] = {}
    for info in ws.store.list(layout.EXPERIMENTS):
        name, _, file = info.key.removeprefix(layout.EXPERIMENTS).partition("/")
        found.setdefault(name, set()).add(file)
    yield from sorted(found.items())
