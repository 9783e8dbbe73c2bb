"""Landing: list the source, leave out what is known, seal the rest in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from daguerre import layout
from daguerre.errors import SettingsError
from daguerre.ids import BatchKey, batch_key
from daguerre.landing.known import Known, open_known
from daguerre.landing.manifest import LandedObject, Manifest
from daguerre.landing.source import Source
from daguerre.storage.ports import ObjectExistsError, ObjectInfo
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

#: Owner of objects that lie in no folder when no owner is fixed.
UNOWNED = "library"
_PROGRESS_EVERY = 1000


@dataclass(frozen=True, kw_only=True)
class LandingReport:
    """What one landing found.

    Attributes:
        batches: What this landing sealed.
        new: Objects in these batches.
        known: Objects that were sealed before, unchanged.
        waiting: Objects too young to land; the next landing looks again.
        unowned: Those of `new` that lie in no folder and went to the owner "library".
        skipped: What the source passed over, by reason.
    """

    batches: tuple[BatchKey, ...] = ()
    new: int = 0
    known: int = 0
    waiting: int = 0
    unowned: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


def land(
    ws: Workspace,
    source: Source,
    *,
    owner: str = "",
    batch_size: int | None = None,
    progress: ProgressSink = no_progress,
) -> LandingReport:
    """Seal every object of the source that is new or changed, at most `batch_size` a batch.

    Safe to run several times at once and to kill at any time: a batch exists whole or not at all, its number is
    taken by a conditional write, and whoever loses the number subtracts what the winner sealed.

    Raises:
        SettingsError: source and root are the same place.
        StoreUnavailableError: source or root cannot be reached.
    """
    now = ws.clock()
    youngest = now - timedelta(seconds=ws.settings.settle_s)
    own = _own_prefix(source.url, ws.store.url)
    size = batch_size or ws.settings.batch_size
    known = waiting = 0
    with open_known(ws.cache, ws.store) as sealed:
        seal = _Sealer(ws=ws, source=source.url, sealed=sealed, owner=owner, now=now)
        for seen, info in enumerate(_outside(source.list(), own), start=1):
            if seen % _PROGRESS_EVERY == 0:
                progress(Progress(stage="landing", batch="", done=seen, total=seen))
            if info.modified > youngest:
                waiting += 1
            elif (source.url, info) in sealed:
                known += 1
            else:
                seal.add(info)
                if len(seal.buffer) >= size:
                    seal.one_batch()
        seal.one_batch()
    return LandingReport(
        batches=tuple(m.batch for m in seal.done),
        new=sum(m.count for m in seal.done),
        known=known + seal.lost,
        waiting=waiting,
        unowned=sum(m.unowned for m in seal.done),
        skipped=source.skipped,
    )


def owner_of(key: str) -> str:
    """Return the first folder of the key, or the owner of what lies in none."""
    folder, slash, _ = key.partition("/")
    return folder if slash else UNOWNED


@dataclass(frozen=True, kw_only=True)
class _Sealed:
    batch: BatchKey
    count: int
    unowned: int


class _Sealer:
    """Collects objects and seals them; subtracts what another landing sealed first (`lost`)."""

    def __init__(self, *, ws: Workspace, source: str, sealed: Known, owner: str, now: datetime) -> None:
        self.buffer: list[ObjectInfo] = []
        self.done: list[_Sealed] = []
        self.lost = 0
        self._ws, self._source, self._sealed, self._owner, self._now = ws, source, sealed, owner, now
        #: The highest batch that everything in the buffer was compared with.
        self._compared = sealed.catch_up()

    def add(self, info: ObjectInfo) -> None:
        self.buffer.append(info)

    def one_batch(self) -> None:
        """Seal the buffer, or what is left of it."""
        while self.buffer:
            batch = batch_key(self._now.date().isoformat(), self._compared + 1)
            manifest = Manifest(
                batch=batch,
                source=self._source,
                sealed_at=self._now,
                objects=tuple(self._landed(info) for info in self.buffer),
            )
            try:
                self._ws.store.create(layout.manifest(batch), manifest.to_json())
            except ObjectExistsError:
                self._subtract()
                continue
            unowned = 0 if self._owner else sum("/" not in o.key for o in manifest.objects)
            self.done.append(_Sealed(batch=batch, count=len(manifest.objects), unowned=unowned))
            self.buffer = []
            self._compared = self._sealed.catch_up()

    def _subtract(self) -> None:
        self._compared = self._sealed.catch_up()
        before = len(self.buffer)
        self.buffer = [info for info in self.buffer if (self._source, info) not in self._sealed]
        self.lost += before - len(self.buffer)

    def _landed(self, info: ObjectInfo) -> LandedObject:
        return LandedObject(
            key=info.key,
            size=info.size,
            etag=info.etag,
            modified=info.modified,
            owner_id=self._owner or owner_of(info.key),
        )


def _own_prefix(source: str, root: str) -> str:
    """Return the keys' prefix under which our own root lies inside the source; empty when it lies elsewhere."""
    if source.rstrip("/") == root.rstrip("/"):
        raise SettingsError(f"{root} is both source and root", fix="Set DAGUERRE_ROOT to another place.")
    inside = root.startswith(source.rstrip("/") + "/")
    return root.removeprefix(source.rstrip("/") + "/") + "/" if inside else ""


def _outside(listing: Iterator[ObjectInfo], own: str) -> Iterator[ObjectInfo]:
    return (info for info in listing if not own or not info.key.startswith(own))
