"""An installation in which releases move: made of rows, without files of models, on a clock that tests set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from daguerre import layout
from daguerre.encoders.release import Release, ReleaseFile, manifest_of, release_digest
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import BatchKey, OwnerId, SpaceName, batch_key, batch_number, photo_id
from daguerre.index.build import publish
from daguerre.index.snapshot import Snapshot
from daguerre.landing.manifest import LandedObject, Manifest, list_batches, object_id
from daguerre.lifecycle.approval import approve
from daguerre.lifecycle.bake import Outcome, watch
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.completeness import prove_complete
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_state, record
from daguerre.registry.state import State
from daguerre.search.traffic import Role, TrafficLog
from daguerre.settings import load_settings
from daguerre.storage.canonical import canonical_json
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import spaces

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIM = 8


@dataclass
class Hands:
    """A clock that shows what a test says."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class House:
    """Photos land by number of batch; releases are registered by name; vectors are drawn, not computed."""

    ws: Workspace
    clock: Hands
    batches: dict[int, BatchKey] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return read_state(self.ws)

    def pointer(self, alias: str) -> str:
        pointer = self.state.pointers.get(alias)
        return pointer.release if pointer else ""

    def policy(self, text: str) -> None:
        """Write the product's policy."""
        folder = self.ws.settings.policies
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "search.yaml").write_text("product: search\n" + text)

    def land(self, number: int, photos: int = 12, *, undone: int = 0) -> list[str]:
        """Land a batch whose photos stage dealt with all but `undone` objects; return the photos' ids."""
        batch = self.batches[number] = batch_key("2026-03-01", number)
        keys = [f"{'ab'[i % 2]}/{number}-{i:04d}.jpg" for i in range(photos + undone)]
        objects = tuple(
            LandedObject(key=k, size=1, etag="e", modified=self.clock.now, owner_id=OwnerId(k[0])) for k in sorted(keys)
        )
        manifest = Manifest(batch=batch, source="/somewhere", sealed_at=self.clock.now, objects=objects)
        self.ws.store.create(layout.manifest(batch), manifest.to_json())
        done = objects[:photos]
        ids = [photo_id(o.owner_id, o.key) for o in done]
        rows = spaces.vector_rows(spaces.clustered(photos, DIM, seed=number), batch=batch)
        owners = pa.array([o.owner_id for o in done])
        rows = rows.set_column(0, "photo_id", pa.array(ids)).set_column(1, "owner_id", owners)
        catalogue.photos(self.ws).upsert(spaces.photo_rows(rows))
        said = [
            {"object_id": object_id(batch, o.key), "batch": batch, "key": o.key, "etag": o.etag, "photo_id": i}
            | {"code_version": "1"}
            for o, i in zip(done, ids, strict=True)
        ]
        catalogue.objects(self.ws).upsert(pa.Table.from_pylist(said, schema=schemas.OBJECTS))
        return ids

    def release(self, name: str) -> EncoderSpec:
        """Register a release of which only the manifest exists."""
        files = (ReleaseFile(name="image.onnx", sha256=hashlib.sha256(name.encode()).hexdigest(), size=1),)
        digest = release_digest(files)
        spec = EncoderSpec(
            name=name, digest=digest, dim=DIM, side_px=32, resize="squash", resample="bilinear",
            context=8, pad_id=0, max_batch=64, licence="Apache-2.0",
        )  # fmt: skip
        release = Release(spec=spec, folder=self.ws.cache, files=files)
        self.ws.store.put(f"{layout.release(digest)}/manifest.json", canonical_json(manifest_of(release)))
        self.note(spec, EventKind.REGISTERED)
        return spec

    def note(self, spec: EncoderSpec, kind: EventKind, **evidence: object) -> None:
        """Append an event that somebody else's code would have written."""
        record(
            self.ws, kind, spec.digest, actor="tests", reason="tests", allow=lambda _: True, evidence=evidence
        )  # fmt: skip

    def embed(self, spec: EncoderSpec, number: int, *, but: Sequence[str] = ()) -> None:
        """Write the vectors of a batch, except of some photos."""
        batch = self.batches[number]
        photos = catalogue.photos(self.ws).read(
            ["photo_id", "owner_id", "batch", "taken_at", "place", "media"], f"batch = '{batch}'"
        )
        rows = spaces.vector_rows(spaces.clustered(photos.num_rows, spec.dim, seed=number), batch=batch)
        for at, name in enumerate(photos.column_names):
            rows = rows.set_column(at, rows.schema.field(name), photos[name])
        keep = [photo not in but for photo in rows["photo_id"].to_pylist()]
        catalogue.vectors(self.ws, spec.space, spec.dim).upsert(rows.filter(pa.array(keep)))

    def refuse(self, spec: EncoderSpec, photo: str, reason: str = "corrupt") -> None:
        """Note that the encoder refused a photo."""
        row = {
            "rejection_id": hashlib.sha256(f"{spec.space}{photo}".encode()).hexdigest()[:32],
            "stage": "embeddings", "space": spec.space, "batch": next(iter(self.batches.values())), "subject": photo,
            "owner_id": "a", "reason": reason, "detail": "", "attempts": 1, "code_version": "1", "at": self.clock.now,
        }  # fmt: skip
        catalogue.rejected(self.ws).upsert(pa.Table.from_pylist([row], schema=schemas.REJECTED))

    def publish(self, spec: EncoderSpec) -> int:
        """Let readers have the vectors as they are, without indexes; return the version that they read now."""
        dataset = catalogue.vectors(self.ws, spec.space, spec.dim).open()
        tag = f"serving-{dataset.version}"
        if tag not in dataset.tags.list():
            dataset.tags.create(tag, dataset.version)
        rows, at = dataset.count_rows(), self.clock.now
        snapshot = Snapshot(
            space=spec.space, dim=spec.dim, version=dataset.version, tag=tag, rows=rows, ann=False, built_at=at
        )
        publish(self.ws, snapshot)
        return snapshot.version

    def fill(self, spec: EncoderSpec) -> None:
        """Embed and index everything."""
        for number in self.batches:
            self.embed(spec, number)
        self.publish(spec)

    def judged(self, spec: EncoderSpec) -> None:
        """Let a release pass what comes before its candidacy, and an experiment."""
        self.note(spec, EventKind.VALIDATED)
        self.note(spec, EventKind.SAMPLED)
        approve(self.ws, spec.digest, actor="ann", reason="looks right")
        self.note(spec, EventKind.DECIDED, verdict="PROMOTE")

    def candidate(self, name: str) -> EncoderSpec:
        """Return a candidate that nothing keeps from production."""
        spec = self.release(name)
        self.judged(spec)
        nominate(self.ws, spec.digest, actor="ann", reason="next")
        self.fill(spec)
        prove_complete(self.ws, spec.digest, actor="ann")
        return spec

    def traffic(
        self,
        spec: EncoderSpec,
        role: Role = "production",
        *,
        answered: int,
        failed: int = 0,
        nothing: int = 0,
        ms: float = 5.0,
    ) -> None:
        """Write down what a search process answered in this minute."""
        log = TrafficLog(self.ws)
        for i in range(answered):
            log.answered(spec.digest, role, ms / 1e3, nothing=i < nothing)
        for _ in range(failed):
            log.failed(spec.digest, role)
        log.close()

    def bake(self, spec: EncoderSpec) -> Outcome:
        """Let the release in production answer for a day, nothing worse than usual, and look at the guards."""
        self.traffic(spec, answered=50)
        self.clock.on(hours=25)
        return watch(self.ws)

    def space_files(self, space: SpaceName) -> list[str]:
        """What the store holds of a space."""
        return [info.key for info in self.ws.store.list(f"vectors/{space}/")]


def house(tmp_path: Path, root: str = "") -> House:
    """The installation below a folder, or at `root`; an empty one when nothing is there."""
    settings = load_settings(
        root=root or str(tmp_path / "root"),
        cache=tmp_path / "cache",
        policies=tmp_path / "policies",
        ann_rows=1_000_000,
    )
    clock = Hands()
    ws = replace(open_workspace(settings), clock=clock)
    return House(ws=ws, clock=clock, batches={batch_number(batch): batch for batch in list_batches(ws.store)})
