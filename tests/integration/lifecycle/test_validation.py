"""Bad candidates against a real server: each is stopped by the gate that is named after its fault."""

from __future__ import annotations

import multiprocessing
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from daguerre.encoders.release import Release, ReleaseError
from daguerre.lifecycle import contest, trial, validation
from daguerre.lifecycle.speed import race
from daguerre.lifecycle.standing import RetiredReleaseError
from daguerre.lifecycle.validation import GATES, Validation, validate
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import UnknownReleaseError, promote, read_events, read_state, record
from daguerre.registry.releases import register
from daguerre.registry.state import Phase
from daguerre.serving.client import Client
from daguerre.serving.installation import ServerMissingError
from daguerre.serving.loading import unload_release
from daguerre.serving.opening import open_encoder
from daguerre.serving.server import local_server
from daguerre.serving.state import server_folder
from daguerre.workspace import Workspace
from tests.fakes import candidates
from tests.fakes.encoders import make_model_dir
from tests.fakes.questions import ask_colours
from tests.fakes.spaces import workspace
from tests.unit.stages.batches import photographed

LOOSE = {"min_throughput_ratio": 0.05, "max_latency_ratio": 20.0}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A server with production loaded, which stays for the whole module."""
    home = tmp_path_factory.mktemp("validation")
    ws = workspace(home / "root", home / "cache")
    settings = ws.settings.model_copy(update={"triton_port": 0, "policies": home, "inference_batch": 16})
    ws = Workspace(settings=settings, store=ws.store, clock=ws.clock)
    write_policy(ws, **LOOSE)
    photographed(ws, photos=120)
    ask_colours(ws, photos=120)
    release = candidates.smuggle(ws, make_model_dir(home / "production"))
    promote(ws, "production", release.spec.digest, actor="tests", reason="tests")
    with local_server(ws) as server, open_encoder(ws, release.spec.digest) as encoder:
        yield SimpleNamespace(ws=ws, url=server.url, encoder=encoder, digest=release.spec.digest)
    assert server_folder(ws).read() is None


def write_policy(ws: Workspace, **limits: float) -> None:
    lines = "".join(f"  {name}: {value}\n" for name, value in limits.items())
    (ws.settings.policies / "search.yaml").write_text(f"product: search\nvalidation:\n{lines}")


def candidate(live, tmp_path, spoil: candidates.Spoil | None = None, *, seed: int = 5, name: str = "tiny") -> Release:
    folder = make_model_dir(tmp_path / name, seed=seed, name=name)
    if spoil:
        spoil(folder)
    return candidates.smuggle(live.ws, folder)


def verdict(live, release: Release) -> Validation:
    """Validate, and see that whoever is served does not notice."""
    ready = models(live.url)
    pointers = read_state(live.ws).pointers
    result = validate(live.ws, release.spec.digest, actor="tests")
    assert models(live.url) == ready
    assert read_state(live.ws).pointers == pointers
    assert live.encoder.embed_texts(["red"]).shape == (1, 32)
    assert tuple(g.name for g in result.gates) == GATES
    event = read_events(live.ws, "search")[-1]
    assert (event.kind, event.release) == (
        EventKind.VALIDATED if result.passed else EventKind.REFUSED, release.spec.digest,
    )  # fmt: skip
    kept = read_evidence(live.ws, event.evidence["uri"], event.evidence["sha256"])
    assert [g["name"] for g in kept["gates"] if g["ran"] and not g["passed"]] == list(result.failed)
    assert all(name in event.reason for name in result.failed)
    return result


def models(url: str) -> set[str]:
    client = Client(url)
    try:
        return client.ready_models()
    finally:
        client.close()


def test_a_good_candidate_passes_every_gate_and_its_numbers_are_kept(live, tmp_path):
    said = []
    release = candidate(live, tmp_path)
    result = validate(live.ws, release.spec.digest, actor="tests", progress=said.append)
    assert (result.failed, result.passed, result.against) == ((), True, live.digest)
    assert (said[-1].done, said[-1].total, said[-1].space) == (len(GATES), len(GATES), release.spec.space)
    kept = read_evidence(live.ws, **result.evidence)
    assert set(kept["figures"]["images"]) == {"1", "8", "16"}
    assert kept["figures"]["text"]["seconds_ratio"]["low"] > 0
    assert read_state(live.ws).releases[release.spec.digest].validated["uri"] == result.evidence["uri"]


@pytest.mark.parametrize(
    ("spoil", "gates"),
    [
        (candidates.corrupt_graph, {"onnx_checker", "finite_weights", "runs", "io_contract"}),
        (candidates.dangling_graph, {"onnx_checker", "runs"}),
        (candidates.nan_weights, {"finite_weights", "golden", "unit_norm", "determinism"}),
        (candidates.greedy, {"runs", "golden", "determinism"}),
        (candidates.wrong_dims, {"io_contract", "golden"}),
        (candidates.other_tokenizer, {"tokenizer", "golden"}),
        (candidates.larger_tokenizer, {"tokenizer"}),
        (candidates.foreign_tokenizer, {"tokenizer"}),
        (candidates.other_golden, {"golden"}),
        (candidates.not_unit, {"unit_norm"}),
        (candidates.by_the_batch, {"determinism"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_candidate_is_refused_by_name_and_never_reaches_the_server(live, tmp_path, spoil, gates):
    release = candidate(live, tmp_path, spoil, name=spoil.__name__.replace("_", "-"))
    result = verdict(live, release)
    assert set(result.failed) == gates, [g for g in result.gates if g.ran]
    assert not any(g.ran for g in result.gates if g.name in {"serves", "latency_ratio", "throughput_ratio"})
    assert not live.ws.store.exists(f"triton/image-{release.spec.digest[:12]}/config.pbtxt")
    assert read_state(live.ws).releases[release.spec.digest].phase is Phase.REFUSED


def test_tampered_files_are_named_and_never_opened(live, tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "try_out", lambda *_, **__: pytest.fail("opened"))
    for number, name in enumerate(("image.onnx", "golden.npz", "tokenizer.json")):
        release = candidate(live, tmp_path, seed=20 + number, name=f"t{number}")
        candidates.tamper(live.ws, release, name)
        result = verdict(live, release)
        assert result.failed == ("files",)
        assert name in result.gates[0].said
        assert [g.name for g in result.gates if g.ran] == ["files", "signature"]


def test_a_candidate_slower_than_the_guard_is_refused(live, tmp_path):
    write_policy(live.ws, min_throughput_ratio=0.5, max_latency_ratio=2.0)
    try:
        result = verdict(live, candidate(live, tmp_path, candidates.slow, seed=30))
        assert set(result.failed) == {"latency_ratio", "throughput_ratio"}
        ratios = {g.name: g.value for g in result.gates}
        assert ratios["latency_ratio"] > 2
        assert ratios["throughput_ratio"] < 0.5
    finally:
        write_policy(live.ws, **LOOSE)


def test_words_without_meaning_are_refused_although_nothing_contradicts_them(live, tmp_path):
    result = verdict(live, candidate(live, tmp_path, candidates.mute_words, seed=35))
    assert result.failed == ("text_image_agreement",)


def test_a_candidate_that_somebody_unloads_meanwhile_is_not_to_blame(live, tmp_path, monkeypatch):
    release = candidate(live, tmp_path, seed=36)

    def unload_first(*arguments, **more):
        unload_release(live.url, release)
        return race(*arguments, **more)

    monkeypatch.setattr(contest, "race", unload_first)
    assert verdict(live, release).passed


def test_a_graph_that_never_ends_is_given_up(live, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "_DEADLINE_S", 4.0)
    folder = make_model_dir(tmp_path / "endless", seed=40)
    candidates.endless(folder)
    result = verdict(live, candidates.smuggle(live.ws, folder))
    assert "runs" in result.failed
    assert "no answer within 4 s" in {g.name: g.said for g in result.gates}["runs"]


def test_a_model_that_was_changed_inside_the_servers_repository_is_refused_and_unloaded(live, tmp_path):
    release = candidate(live, tmp_path, seed=50)
    other = make_model_dir(tmp_path / "other", seed=51)
    key = f"triton/image-{release.spec.digest[:12]}/1/model.onnx"
    live.ws.store.put(key, (other / "image.onnx").read_bytes())
    result = verdict(live, release)
    assert result.failed == ("serves",)
    assert "cosine" in {g.name: g.said for g in result.gates}["serves"]


def test_what_registering_refuses_already(live, tmp_path):
    folder = make_model_dir(tmp_path / "half")
    candidates.corrupt_graph(folder)
    before = read_state(live.ws).number
    with pytest.raises(ReleaseError, match="not an ONNX file"):
        register(live.ws, folder)
    assert read_state(live.ws).number == before


def test_without_a_server_nobody_can_tell_and_nothing_is_recorded(tmp_path):
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    changes = {"triton_python": tmp_path / "nowhere/python", "policies": tmp_path}
    ws = Workspace(settings=ws.settings.model_copy(update=changes), store=ws.store)
    release = candidates.smuggle(ws, make_model_dir(tmp_path / "tiny"))
    with pytest.raises(ServerMissingError):
        validate(ws, release.spec.digest, actor="tests")
    assert read_state(ws).number == 1


def _validate(root, cache, digest: str) -> None:
    validate(workspace(root, cache), digest, actor="tests")


def test_a_killed_validation_leaves_no_process_and_no_event(tmp_path):
    root, cache = tmp_path / "root", tmp_path / "cache"
    ws = workspace(root, cache)
    folder = make_model_dir(tmp_path / "endless")
    candidates.endless(folder)
    release = candidates.smuggle(ws, folder)
    run = multiprocessing.get_context("spawn").Process(target=_validate, args=(root, cache, release.spec.digest))
    run.start()
    deadline = time.monotonic() + 60
    while not _trials_in(cache):
        assert run.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run.kill()
    run.join()
    while _trials_in(cache):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert read_state(ws).number == 1


def _trials_in(cache) -> list[int]:
    """Processes that try out a candidate with scratch space in `cache`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                if "daguerre.lifecycle.trial" in command and str(cache) in command:
                    found.append(int(entry.name))
    return found


def test_without_production_there_is_nothing_to_compare_with(live, tmp_path):
    home = tmp_path / "alone"
    ws = workspace(home / "root", home / "cache")
    ws = Workspace(settings=ws.settings.model_copy(update={"triton_port": 0, "policies": home}), store=ws.store)
    release = candidates.smuggle(ws, make_model_dir(tmp_path / "first"))
    result = validate(ws, release.spec.digest, actor="tests")
    assert (result.passed, result.against) == (True, "")
    said = {g.name: g.said for g in result.gates}
    assert all("nothing to compare with" in said[n] for n in ("latency_ratio", "throughput_ratio"))


def test_only_known_releases_that_are_not_retired_are_validated(live, tmp_path):
    with pytest.raises(UnknownReleaseError):
        validate(live.ws, "0" * 64, actor="tests")
    release = candidate(live, tmp_path, seed=60)
    digest = release.spec.digest
    record(live.ws, EventKind.RETIRED, digest, actor="tests", reason="tests", allow=lambda _: True)
    with pytest.raises(RetiredReleaseError):
        validate(live.ws, digest, actor="tests")
