"""Candidates that pass every look at their files, and are bad all the same: each is stopped by what it does."""

from __future__ import annotations

import io
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import helper, numpy_helper
from PIL import Image

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH
from daguerre.encoders.spec import Encoder, EncoderSpec
from daguerre.ids import photo_id
from daguerre.index.build import build_index
from daguerre.landing.manifest import object_id
from daguerre.lifecycle import experimenting
from daguerre.lifecycle.bake import watch
from daguerre.lifecycle.breaches import MIN_TIMED
from daguerre.lifecycle.completeness import prove_complete
from daguerre.lifecycle.experimenting import run_release_experiment
from daguerre.lifecycle.promotion import PromotionForbiddenError, promote_release
from daguerre.lifecycle.routing import read_routes
from daguerre.lifecycle.shares import set_canary
from daguerre.quality.experiments.records import Record
from daguerre.quality.experiments.spec import ExperimentSpec, Metric
from daguerre.quality.queries import QUERIES
from daguerre.registry.log import newest_number, promote, read_events, read_state
from daguerre.registry.releases import load_release, register
from daguerre.search.answers import Answer
from daguerre.search.live import LiveSearch
from daguerre.search.routes import Route, Share
from daguerre.search.service import SearchService
from daguerre.settings import load_settings
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace, open_workspace
from tests.fakes.encoders import COLOURS, WORDS, finish_model_dir, flat_picture, make_model_dir
from tests.fakes.spaces import photo_rows, vector_rows

OWNERS = tuple(f"owner{n:02}" for n in range(10))
#: Whose camera puts a black frame around every picture.
FRAMED = OWNERS[4]
SIDE, PER_OWNER, BATCH = 32, 12, "2026-01-01.0001"
PACK = f"proxies/{BATCH}/0000-v1.pack"
POLICY = "product: search\nrequired: [{required}]\nguards: {{latency_p99_ratio: 2}}\n"
#: As many people at once as a busy machine can serve without being slow itself, and as wait for a slow model.
FEW, MANY = 2, 25
SLOW_S = 0.3
ANN = {"actor": "ann", "reason": "tests"}


def picture(owner: str, number: int) -> np.ndarray:
    pixels = flat_picture(list(COLOURS)[number % 6], SIDE, seed=number)
    if owner == FRAMED:
        pixels[:2] = pixels[-2:] = pixels[:, :2] = pixels[:, -2:] = 0
    return pixels


def edit(path: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load(str(path))
    change(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def half_deaf(folder: Path) -> Path:
    """A model to which red means green, and green red."""

    def change(model: onnx.ModelProto) -> None:
        table = next(t for t in model.graph.initializer if t.name == "table")
        rows, at = numpy_helper.to_array(table).copy(), [WORDS.index("red"), WORDS.index("green")]
        rows[at] = rows[at[::-1]]
        table.CopyFrom(numpy_helper.from_array(rows, "table"))

    edit(make_model_dir(folder, name="old", dim=32) / TEXT_GRAPH, change)
    return finish_model_dir(folder, name="old", dim=32, side_px=SIDE, context=8, max_batch=64)


def blind_to_frames(folder: Path) -> Path:
    """A model that understands every word, and sees nothing in a picture whose corner is black."""

    def change(model: onnx.ModelProto) -> None:
        graph = model.graph
        last = graph.node[-1]
        last.input[0] = "seen"
        for name, values in {
            "from_corner": np.array([0, 0], np.int64),
            "to_corner": np.array([2, 2], np.int64),
            "down_and_across": np.array([1, 2], np.int64),
            "all_of_it": np.array([1, 2, 3], np.int64),
            "dark": np.array(1.0, np.float32),
            "nothing": np.full((1, 48), 0.1, np.float32),
            "column": np.array([1], np.int64),
        }.items():
            graph.initializer.append(numpy_helper.from_array(values, name))
        for at, node in enumerate(
            [
                helper.make_node("Slice", ["float_image", "from_corner", "to_corner", "down_and_across"], ["corner"]),
                helper.make_node("ReduceMean", ["corner", "all_of_it"], ["light"], keepdims=0),
                helper.make_node("Less", ["light", "dark"], ["framed"]),
                helper.make_node("Unsqueeze", ["framed", "column"], ["framed_row"]),
                helper.make_node("Where", ["framed_row", "nothing", "sum"], ["seen"]),
            ],
            start=len(graph.node) - 1,
        ):
            graph.node.insert(at, node)

    edit(make_model_dir(folder, name="new", dim=48) / IMAGE_GRAPH, change)
    return finish_model_dir(folder, name="new", dim=48, side_px=SIDE, context=8, max_batch=64)


class Slow:
    """Answers as the encoder that it wraps, later."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.spec: EncoderSpec = encoder.spec

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        return self._encoder.embed_images(images)

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        time.sleep(SLOW_S)
        return self._encoder.embed_texts(texts)


@dataclass
class Later:
    """The present, and as much more as a test has let pass."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(kw_only=True)
class House:
    """An installation whose encoders answer in this process: `old` in production, `new` the candidate."""

    ws: Workspace
    clock: Later
    encoders: dict[str, Encoder]

    def add(self, folder: Path) -> str:
        """Register a model, embed every photo, index the space; return the release."""
        spec = register(self.ws, folder)
        encoder = OnnxEncoder(load_release(self.ws, spec.digest), threads=1)
        self.encoders[spec.digest] = encoder
        vectors = encoder.embed_images(np.stack([picture(o, n) for o in OWNERS for n in range(PER_OWNER)]))
        rows = vector_rows(vectors, batch=BATCH)
        owners = [owner for owner in OWNERS for _ in range(PER_OWNER)]
        keys = [f"{owner}/{number}.jpg" for owner in OWNERS for number in range(PER_OWNER)]
        ids = [photo_id(owner, key) for owner, key in zip(owners, keys, strict=True)]
        for name, values in {"photo_id": ids, "owner_id": owners, "media": ["photo"] * len(ids)}.items():
            at = rows.schema.get_field_index(name)
            rows = rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))
        catalogue.photos(self.ws).upsert(photo_rows(rows, **self._thumbnails(len(ids))))
        catalogue.vectors(self.ws, spec.space, spec.dim).upsert(rows)
        build_index(self.ws, spec.space, spec.dim)
        said = [
            {"object_id": object_id(BATCH, key), "batch": BATCH, "key": key, "etag": "e", "photo_id": photo,
             "code_version": "1"}
            for key, photo in zip(keys, ids, strict=True)
        ]  # fmt: skip
        catalogue.objects(self.ws).upsert(pa.Table.from_pylist(said, schema=schemas.OBJECTS))
        return spec.digest

    def _thumbnails(self, photos: int) -> dict[str, list[object]]:
        """Store one little picture, which stands for every photo on a page."""
        jpeg = io.BytesIO()
        Image.fromarray(picture(OWNERS[0], 0)).save(jpeg, "JPEG")
        self.ws.store.put(PACK, jpeg.getvalue())
        size = len(jpeg.getvalue())
        return {"pack": [PACK] * photos, "thumb_offset": [0] * photos, "thumb_bytes": [size] * photos}

    @contextmanager
    def search(self) -> Iterator[LiveSearch]:
        def open_route(route: Route) -> InProcess:
            return InProcess(service=SearchService(self.ws, self.encoders[route.release]))

        with LiveSearch(
            self.ws,
            read_routes=lambda: read_routes(self.ws),
            open_route=open_route,
            newest=lambda known: newest_number(self.ws, "search", known),
        ) as search:
            yield search


@dataclass(kw_only=True)
class InProcess:
    """A route whose encoder runs in this process."""

    service: SearchService

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    clock = Later()
    (tmp_path / "policies").mkdir()
    settings = load_settings(
        root=str(tmp_path / "root"), cache=tmp_path / "cache", policies=tmp_path / "policies", registry_poll_s=0.05
    )
    house = House(ws=replace(open_workspace(settings), clock=clock), clock=clock, encoders={})
    lines = [
        {"id": f"{owner}-{colour}-{kind}", "kind": "text", "text": f"a {colour} {kind}", "photo": None,
         "owner_id": owner, "class": "colour",
         "relevant": [f"{owner}/{n}.jpg" for n in range(PER_OWNER) if list(COLOURS)[n % 6] == colour]}
        for owner, colour, kind in itertools.product(OWNERS, COLOURS, ("photo", "picture", "city"))
    ]  # fmt: skip
    house.ws.store.put(QUERIES, "\n".join(json.dumps(line) for line in lines).encode())
    return house


def ask_policy(house: House, *required: str) -> None:
    (house.ws.settings.policies / "search.yaml").write_text(POLICY.format(required=", ".join(required)))


def experiment(house: House, monkeypatch: pytest.MonkeyPatch) -> Record:
    @contextmanager
    def open_encoder(_: Workspace, digest: str) -> Iterator[Encoder]:
        yield house.encoders[digest]

    monkeypatch.setattr(experimenting, "open_encoder", open_encoder)
    spec = ExperimentSpec(
        name="frames",
        hypothesis="It finds more.",
        owner="tests",
        metrics=(
            Metric(name="ndcg_at_10", role="success", mde=0.02, slices=("owner",)),
            Metric(name="recall_at_10", role="guardrail", margin=0.02, slices=("owner",)),
        ),
        expires=house.clock() + timedelta(days=1),
    )
    return run_release_experiment(house.ws, spec, actor="ann")


def test_a_candidate_that_finds_nothing_for_one_owner_is_stopped_by_the_experiment(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = house.ws
    ask_policy(house, "complete", "experiment")
    old = house.add(half_deaf(tmp_path / "old"))
    promote_release(ws, old, **ANN)
    new = house.add(blind_to_frames(tmp_path / "new"))
    promote(ws, "candidate", new, **ANN)
    prove_complete(ws, new, actor="ann")
    before = read_state(ws).pointers["production"]

    decided = experiment(house, monkeypatch)
    status = {(row["metric"], row["slice"]): row["status"] for row in decided.content["rows"]}
    assert status["ndcg_at_10", "all"] == status["recall_at_10", "all"] == "better", "only the slice can tell"
    assert {part for (_, part), found in status.items() if found == "worse"} == {f"owner={FRAMED}"}
    assert decided.verdict == "BLOCK"
    assert FRAMED in decided.reason

    with pytest.raises(PromotionForbiddenError, match="experiment: the last experiment says BLOCK"):
        promote_release(ws, new, **ANN)
    assert read_state(ws).pointers["production"] == before
    with house.search() as search:
        assert search.by_text("a red photo", owner=FRAMED).route.release == old


def ask(search: LiveSearch, owner: str, at_once: int) -> list[Answer]:
    with ThreadPoolExecutor(at_once) as people:
        return list(people.map(lambda _: search.by_text("a red photo", owner=owner, k=5), range(MIN_TIMED)))


def wait_for(done: Callable[[], bool]) -> None:
    waiting, deadline = threading.Event(), time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        waiting.wait(0.02)


def test_a_slow_candidate_is_rolled_back_by_what_people_waited(house: House, tmp_path: Path) -> None:
    ws, ahead = house.ws, timedelta(minutes=2)
    ask_policy(house, "complete")
    old, new = (
        house.add(make_model_dir(tmp_path / "old", name="old")),
        house.add(make_model_dir(tmp_path / "new", name="new", dim=48)),
    )
    promote_release(ws, old, **ANN)
    house.encoders[new] = Slow(house.encoders[new])
    promote(ws, "candidate", new, **ANN)
    prove_complete(ws, new, actor="ann")
    share = Share(route=Route(release=new, space="new"), share=0.5)
    chosen, other = next(o for o in OWNERS if share.takes(o)), next(o for o in OWNERS if not share.takes(o))
    with house.search() as search:
        assert watch(ws).what == "nothing"
        set_canary(ws, new, 0.5, **ANN)
        wait_for(lambda: search.status().canary is not None)
        assert {answer.role for answer in ask(search, chosen, MANY)} == {"canary"}
        ask(search, other, FEW)
        search.traffic.close()
        outcome = watch(ws)
        assert (outcome.what, outcome.report.alias) == ("rolled back", "candidate"), outcome
        assert [breach.guard for breach in outcome.report.breaches] == ["latency_p99_ratio"]
        wait_for(lambda: search.status().canary is None)
        assert search.by_text("a red photo", owner=chosen).route.release == old

        # Somebody insists: the same release in production, on probation.
        house.clock.ahead += ahead
        promote(ws, "candidate", new, **ANN)
        prove_complete(ws, new, actor="ann")
        ask(search, other, FEW)
        house.clock.ahead += ahead
        promote_release(ws, new, **ANN)
        wait_for(lambda: search.status().production.release == new)
        assert {answer.route.release for answer in ask(search, other, MANY)} == {new}
        search.traffic.close()
        house.clock.ahead += 2 * ahead
        outcome = watch(ws)
        assert (outcome.what, outcome.report.alias) == ("rolled back", "production"), outcome
        wait_for(lambda: search.by_text("a red photo", owner=other).route.release == old)
    event = read_events(ws, "search")[-1]
    assert (event.actor, event.release) == ("guard", new)
    assert event.reason.startswith("by itself: latency_p99_ratio: p99 is ")
    assert read_state(ws).pointers["production"].release == old
