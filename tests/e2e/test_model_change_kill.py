"""A model is changed while people search, and everything that takes part is killed: nobody notices, nothing is half."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from onnx import numpy_helper

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.release import TEXT_GRAPH
from daguerre.encoders.spec import EncoderSpec
from daguerre.index.snapshot import read_snapshot
from daguerre.registry.events import Event, EventKind
from daguerre.registry.log import read_events, read_state, verify_log
from daguerre.registry.releases import load_release, register
from daguerre.registry.state import CANDIDATE, PRODUCTION, Pointer, State, fold
from daguerre.serving.opening import open_encoder
from daguerre.serving.server import stop_server
from daguerre.serving.state import server_folder
from daguerre.settings import Settings
from daguerre.stages.embeddings import run_embeddings
from daguerre.tables import catalogue
from daguerre.tables.ledger import ledger
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import installation
from tests.fakes.asking_process import OWNERS, PATIENT_S
from tests.fakes.encoders import COLOURS, WORDS, finish_model_dir, make_model_dir
from tests.fakes.installation import Finished

ROUNDS = int(os.environ.get("DAGUERRE_KILL_ROUNDS", "3"))
#: The journey's steps, and what each takes in units of the time in which its process starts.
STEPS = {
    "validate": 2.0,
    "sample": 0.5,
    "approve": 0.05,
    "backfill": 5.0,
    "prove": 0.05,
    "experiment": 1.0,
    "shadow": 0.1,
    "canary": 0.1,
    "promote": 0.1,
}
#: The words of the candidate mean what it finds, whatever production finds; so it is surely better.
EXPERIMENT = {
    "name": "kills",
    "hypothesis": "What is killed goes on.",
    "owner": "tests",
    "expires": "2100-01-01T00:00:00Z",
    "metrics": [
        {"name": "ndcg_at_10", "role": "success", "mde": 0.02, "slices": ["owner"]},
        {"name": "recall_at_10", "role": "guardrail", "margin": 0.02, "slices": ["owner"]},
    ],
}
POLICY = """
product: search
validation: {min_throughput_ratio: 0, max_latency_ratio: 1000}
"""
TOP = 4


@dataclass(kw_only=True)
class Scene:
    """An installation with the old release in production, the new one registered, and what is true about both."""

    settings: Settings
    old: EncoderSpec
    new: EncoderSpec
    experiment: Path
    #: Vectors of the new space as a run that nobody disturbed makes them.
    calm: dict[str, bytes]

    @property
    def ws(self) -> Workspace:
        """A workspace that knows nothing yet."""
        return open_workspace(self.settings)


def vectors(ws: Workspace, spec: EncoderSpec) -> dict[str, np.ndarray]:
    rows = catalogue.vectors(ws, spec.space, spec.dim).read(["photo_id", "vector"])
    assert rows.num_rows
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, spec.dim)
    return dict(zip(rows["photo_id"].to_pylist(), values, strict=True))


def turned(folder: Path) -> Path:
    """A model of another dimension and side, to which every colour's word means another colour."""
    make_model_dir(folder, dim=48, side_px=48, seed=5, name="turned")
    model = onnx.load(str(folder / TEXT_GRAPH))
    table = next(t for t in model.graph.initializer if t.name == "table")
    rows = numpy_helper.to_array(table).copy()
    at = [WORDS.index(colour) for colour in COLOURS]
    rows[at] = rows[[*at[1:], at[0]]]
    table.CopyFrom(numpy_helper.from_array(rows, "table"))
    onnx.save(model, str(folder / TEXT_GRAPH))
    return finish_model_dir(folder, name="turned", dim=48, side_px=48, context=8, max_batch=64)


def questions(ws: Workspace, spec: EncoderSpec, found: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Golden queries to which the release's own best answers are the right ones."""
    photos = catalogue.photos(ws).read(["photo_id", "owner_id"])
    owner_of = dict(zip(photos["photo_id"].to_pylist(), photos["owner_id"].to_pylist(), strict=True))
    objects = catalogue.objects(ws).read(["photo_id", "key"])
    key_of = dict(zip(objects["photo_id"].to_pylist(), objects["key"].to_pylist(), strict=True))
    encoder = OnnxEncoder(load_release(ws, spec.digest), threads=1)
    lines = []
    for colour in COLOURS:
        text = f"a {colour} photo"
        query = encoder.embed_texts([text])[0]
        for owner in OWNERS:
            mine = [photo for photo in found if photo in key_of and owner in (None, owner_of[photo])]
            best = sorted(mine, key=lambda photo: -float(found[photo] @ query))[:TOP]
            lines.append(
                {"id": f"{owner}-{colour}", "kind": "text", "text": text, "photo": None, "owner_id": owner,
                 "class": "colour", "relevant": [key_of[photo] for photo in best]}
            )  # fmt: skip
    return lines


@pytest.fixture
def scene(finished: Finished, tmp_path: Path) -> Iterator[Scene]:
    model = turned(tmp_path / "turned")
    calm = open_workspace(finished.copy(tmp_path / "calm", triton_url=""))
    spec = register(calm, model, actor="tests")
    with open_encoder(calm, spec.digest) as encoder:
        for batch in finished.batches:
            run_embeddings(calm, batch, encoder)
    found = vectors(calm, spec)

    source = tmp_path / "source"
    (source / ".daguerre").mkdir(parents=True)
    lines = "\n".join(json.dumps(line) for line in questions(calm, spec, found))
    (source / ".daguerre/queries.jsonl").write_text(lines)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/search.yaml").write_text(POLICY)
    (tmp_path / "kills.yaml").write_text(yaml.safe_dump(EXPERIMENT))
    settings = finished.copy(
        tmp_path / "here", dagster=True, triton_url="", source=str(source), policies=tmp_path / "policies"
    )
    ws = open_workspace(settings)
    assert register(ws, model, actor="tests") == spec
    yield Scene(
        settings=settings,
        old=finished.spec,
        new=spec,
        experiment=tmp_path / "kills.yaml",
        calm={photo: vector.tobytes() for photo, vector in found.items()},
    )
    stop_server(ws)


@dataclass(kw_only=True)
class Journey:
    """The journey as a process of its own, with what it said so far."""

    scene: Scene
    steps: list[dict[str, object]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Journey:
        self.errors = (Path(self.scene.settings.cache) / "journey.log").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.journey_process", self.scene.new.digest, self.scene.experiment],
            env=os.environ | installation.variables(self.scene.settings),
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.steps.append(json.loads(line) | {"at": time.monotonic()})

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._reader.join()
        self.errors.close()
        assert self.process.stdout
        self.process.stdout.close()

    def kill(self) -> bool:
        """Kill the process and the Dagster process below it; say whether it was still running."""
        running = self.process.poll() is None
        if running:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return running

    def wait_for(self, steps: int) -> None:
        """Wait until it has said so much, or has ended."""
        while len(self.steps) < steps and self.process.poll() is None:
            time.sleep(0.005)

    def said(self) -> str:
        self.errors.seek(0)
        return f"{self.steps}\n{self.errors.read().decode(errors='replace')}"


@dataclass(kw_only=True)
class Search:
    """The search process. What it answered stays in its file when it is killed."""

    settings: Settings
    file: Path
    lives: int = 0

    def start(self) -> None:
        self.lives += 1
        with self.file.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.asking_process", self.file],
                env=os.environ | installation.variables(self.settings),
                stdin=subprocess.PIPE,
                stderr=log,
            )
        self.wait_for_more()

    def answers(self) -> list[dict]:
        """Return every answer; the last line of a killed process may be half of one."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def wait_for_more(self, number: int = 3) -> None:
        before, deadline = len(self.answers()), time.monotonic() + PATIENT_S
        while len(self.answers()) < before + number:
            assert self.process.poll() is None, self.file.with_suffix(".log").read_text()
            assert time.monotonic() < deadline, "the search process does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin
        self.process.stdin.close()
        if self.file.exists() and not self.file.read_bytes().endswith(b"\n"):
            with self.file.open("ab") as out:
                out.write(b"\n")

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(PATIENT_S)


@contextmanager
def searching(settings: Settings, file: Path) -> Iterator[Search]:
    search = Search(settings=settings, file=file)
    search.start()
    try:
        yield search
    finally:
        search.kill()


def first_step(scene: Scene) -> int:
    """Return the step at which the journey goes on."""
    state = read_state(scene.ws)
    release = state.releases[scene.new.digest]
    names = list(STEPS)
    if CANDIDATE in state.aliases_of(scene.new.digest):
        return names.index("backfill")
    if release.sampled is not None:
        return names.index("approve")
    return names.index("sample" if release.validated is not None else "validate")


def kill_triton(scene: Scene) -> bool:
    state = server_folder(scene.ws).read()
    if state is not None:
        os.kill(state.pid, signal.SIGKILL)
    return state is not None


def production(state: State) -> Pointer:
    return state.pointers[PRODUCTION]


def check_log(scene: Scene) -> list[Event]:
    """See that the log is whole, and that production was the old release or the new one with its proof, never else."""
    ws = scene.ws
    verify_log(ws)
    events = read_events(ws, ws.settings.product)
    state = State()
    for event in events:
        state = fold([event], state)
        pointer = state.pointers.get(PRODUCTION)
        if pointer and pointer.release == scene.new.digest:
            proof = state.releases[scene.new.digest].complete
            assert proof
            assert pointer.snapshot == proof["snapshot_version"]
        else:
            assert pointer is None or pointer.release == scene.old.digest
    return events


def check_answers(scene: Scene, answers: list[dict], promoted_at: float) -> Counter[str]:
    """Hold every score against the cosine in the space that the answer names; return how many each role gave."""
    ws, roles = scene.ws, Counter[str]()
    specs = (scene.old, scene.new)
    words = {}
    for spec in specs:
        encoder = OnnxEncoder(load_release(ws, spec.digest), threads=1)
        texts = [f"a {colour} photo" for colour in COLOURS]
        words |= {(spec.space, text): v for text, v in zip(texts, encoder.embed_texts(texts), strict=True)}
    stored = {spec.space: vectors(ws, spec) for spec in specs}

    def cosines(answer: dict, space: str) -> list[float]:
        query = words[space, answer["text"]]
        return [float(stored[space][photo].astype(np.float32) @ query) for photo, _ in answer["hits"]]

    assert [answer for answer in answers if answer["error"]] == []
    for answer in answers:
        here, there = (spec.space for spec in (specs if answer["space"] == scene.old.space else specs[::-1]))
        scores = [score for _, score in answer["hits"]]
        assert len(scores) == 5
        assert scores == pytest.approx(cosines(answer, here), abs=2e-5), answer
        assert scores != pytest.approx(cosines(answer, there), abs=0.01), "the spaces cannot be told apart"
        if here == scene.new.space:
            assert answer["role"] == "canary" or answer["at"] >= promoted_at, answer
        roles[f"{answer['role']} {here}"] += 1
    return roles


@pytest.mark.timeout(300 + 60 * ROUNDS)
def test_a_killed_model_change_resumes_to_the_same_end(scene: Scene, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    ended: list[str] = []
    names = list(STEPS)
    tritons = 0
    search_round = ROUNDS // 2
    began = time.monotonic()
    with searching(scene.settings, tmp_path / "answers.jsonl") as search:
        for turn in range(ROUNDS):
            # Every step has its turn, and what was done before is left behind.
            target = int((turn + chance.random()) * (len(names) - 1) / ROUNDS) if turn < ROUNDS - 1 else len(names) - 1
            at = max(target, first_step(scene))
            with Journey(scene=scene) as journey:
                journey.wait_for(1)
                start_s = time.monotonic() - journey.started
                journey.wait_for(1 + at - first_step(scene))
                time.sleep(chance.random() * STEPS[names[at]] * start_s)
                triton = (turn == 0 or chance.random() < 0.3) and kill_triton(scene)
                tritons += triton
                if triton:
                    time.sleep(chance.random() * start_s)
                if turn == search_round:
                    search.kill()
                step = first_step(scene)
                if journey.kill():
                    done = [one["step"] for one in journey.steps[1:]]
                    killed[names[min(names.index(str(done[-1])) + 1 if done else step, len(names) - 1)]] += 1
                elif journey.process.returncode:
                    ended.append(journey.said())
                    assert triton, f"seed {seed}\n{ended[-1]}"
                    assert "ServerUnavailableError" in ended[-1], f"seed {seed}\n{ended[-1]}"
            if turn == search_round:
                search.start()
            assert production(read_state(scene.ws)).release in {scene.old.digest, scene.new.digest}
            if production(read_state(scene.ws)).release == scene.new.digest:
                break
        with Journey(scene=scene) as journey:
            assert journey.process.wait(240) == 0, f"seed {seed}\n{journey.said()}"
        search.wait_for_more(30)
        assert search.end() == 0
        answers = search.answers()
    took = time.monotonic() - began

    events = check_log(scene)
    (promotion,) = (e for e in events if e.alias == PRODUCTION and e.release == scene.new.digest)
    kinds = Counter(e.kind for e in events if e.release == scene.new.digest)
    assert kinds[EventKind.REGISTERED] == kinds[EventKind.DECIDED] == kinds[EventKind.COMPLETED] == 1
    assert kinds[EventKind.PROMOTED] == 2, "candidate and production, once each"
    assert EventKind.REFUSED not in kinds, "a killed server is not the candidate's fault"
    ws = scene.ws
    assert {photo: v.tobytes() for photo, v in vectors(ws, scene.new).items()} == scene.calm, f"seed {seed}"
    for spec in (scene.old, scene.new):
        assert read_snapshot(ws, spec.space).rows == len(scene.calm)
    assert all(row.closed for row in ledger(ws))
    roles = check_answers(scene, answers, promotion.at.timestamp())
    assert answers[-1]["space"] == scene.new.space
    longest = max(answer["at"] - answer["asked"] for answer in answers)
    counted = {kind.value: n for kind, n in kinds.items()}
    logging.getLogger(__name__).info(
        "seed %d: killed %s, Triton %d times, gave up %d times, %.0f s; %d answers, longest %.1f s, %s; events %s",
        seed, dict(killed), tritons, len(ended), took, len(answers), longest, dict(roles), counted,
    )  # fmt: skip
    assert killed, f"seed {seed}: {killed}, {ended}"
