"""The gates that read files: the bundle, its signature, its weights, its tokenizer."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from daguerre import layout
from daguerre.encoders.golden import read_golden
from daguerre.lifecycle.bundle_gates import checker_gate, contract_gate, files_gate, signature_gate
from daguerre.lifecycle.weight_gates import tokenizer_gate, weights_gate
from daguerre.registry.policy import Gate, Policy
from daguerre.registry.signing import generate_key, sign_manifest
from tests.fakes import candidates
from tests.fakes.encoders import make_model_dir
from tests.fakes.spaces import workspace


@pytest.fixture
def ws(tmp_path):
    return workspace(tmp_path / "root", tmp_path / "cache")


def release_of(ws, tmp_path, spoil=None):
    folder = make_model_dir(tmp_path / "tiny")
    if spoil:
        spoil(folder)
    return candidates.smuggle(ws, folder)


def manifest(release) -> str:
    return f"{layout.release(release.spec.digest)}/manifest.json"


def test_a_file_that_is_gone_is_named(ws, tmp_path):
    release = release_of(ws, tmp_path)
    assert files_gate(ws, release.spec.digest)[0].passed
    ws.store.delete(f"{layout.release(release.spec.digest)}/text.onnx")
    gate, found = files_gate(ws, release.spec.digest)
    assert (gate.passed, found) == (False, None)
    assert "text.onnx" in gate.said


def test_a_local_copy_does_not_hide_what_happened_in_the_store(ws, tmp_path):
    release = release_of(ws, tmp_path)
    assert files_gate(ws, release.spec.digest)[0].passed  # everything is cached now
    candidates.tamper(ws, release, "golden.npz")
    assert not files_gate(ws, release.spec.digest)[0].passed


def test_a_manifest_that_says_otherwise_than_the_model_is_refused(ws, tmp_path):
    release = release_of(ws, tmp_path)
    said = json.loads(ws.store.get(manifest(release)))
    said["spec"]["resample"] = "bicubic"  # the digest covers files, not this
    ws.store.put(manifest(release), json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
    _, found = files_gate(ws, release.spec.digest)
    gate = contract_gate(found, None, None)
    assert not gate.passed
    assert "bicubic" in gate.said


def test_a_release_without_a_manifest_is_refused(ws, tmp_path):
    release = release_of(ws, tmp_path)
    ws.store.delete(manifest(release))
    assert not files_gate(ws, release.spec.digest)[0].passed


def test_signatures(ws, tmp_path):
    release = release_of(ws, tmp_path)
    digest = release.spec.digest
    mine, other = generate_key(tmp_path / "mine.pem"), generate_key(tmp_path / "other.pem")
    lenient = Policy(product="search")
    strict = Policy(product="search", allow_unsigned=False, trusted_keys=(mine,), required=(Gate.SIGNED,))
    assert signature_gate(ws, digest, lenient).passed
    assert signature_gate(ws, digest, strict).said == "not signed"
    for key, passes in (("other", False), ("mine", True)):
        ws.store.put(layout.signature(digest), sign_manifest(ws.store.get(manifest(release)), tmp_path / f"{key}.pem"))
        gate = signature_gate(ws, digest, strict)
        assert gate.passed is passes
        assert (mine if passes else other) in gate.said
    ws.store.put(layout.signature(digest), sign_manifest(b"something else", tmp_path / "mine.pem"))
    for policy in (lenient, strict):
        assert not signature_gate(ws, digest, policy).passed


@pytest.mark.parametrize(("value", "passes"), [(np.nan, False), (np.inf, False), (-np.inf, True)])
def test_weights_are_finite_but_masks_may_forbid(ws, tmp_path, value, passes):
    def spoil(folder):
        model = onnx.load(folder / "text.onnx")
        tensor = numpy_helper.from_array(np.array([0, value], np.float32), "mask_of_nothing")
        node = helper.make_node("Constant", [], ["unused"], value=tensor)
        model.graph.node.insert(0, node)
        onnx.save(model, folder / "text.onnx")

    gate = weights_gate(release_of(ws, tmp_path, spoil))
    assert gate.passed is passes
    assert passes or "text.onnx: 1 of 2 numbers in Constant" in gate.said


def test_weights_beside_the_graph_are_read(ws, tmp_path):
    def spoil(folder):
        candidates.nan_weights(folder)
        model = onnx.load(folder / "image.onnx")
        onnx.save(
            model, folder / "image.onnx", save_as_external_data=True, location="image.onnx.data", size_threshold=0
        )

    gate = weights_gate(release_of(ws, tmp_path, spoil))
    assert (gate.passed, gate.value) == (False, 1)


def test_half_as_wide_numbers_are_read(ws, tmp_path):
    def spoil(folder):
        model = onnx.load(folder / "text.onnx")
        numbers = {onnx.TensorProto.BFLOAT16: [1, float("nan")], onnx.TensorProto.FLOAT16: [1, float("inf")]}
        for kind, values in numbers.items():
            tensor = helper.make_tensor(f"t{kind}", kind, [2], values)
            model.graph.node.insert(0, helper.make_node("Constant", [], [f"unused{kind}"], value=tensor))
        onnx.save(model, folder / "text.onnx")

    assert weights_gate(release_of(ws, tmp_path, spoil)).value == 2


def test_the_checker_reads_both_towers(ws, tmp_path):
    assert checker_gate(release_of(ws, tmp_path)).passed
    gate = checker_gate(release_of(ws, tmp_path, candidates.dangling_graph))
    assert (gate.passed, "image.onnx" in gate.said) == (False, True)


def ask(release, *, text: float | None = 1.0, image: float | None = 1.0):
    texts = read_golden(release.path("golden.npz")).texts
    return tokenizer_gate(release, texts, text_cosine=text, image_cosine=image, least=0.9999)


def test_a_tokenizer_is_judged_by_what_it_does_to_words(ws, tmp_path):
    release = release_of(ws, tmp_path)
    assert ask(release).passed
    assert ask(release, text=None, image=None).passed
    assert not ask(release, text=0.4).passed  # the pictures are right, the words are not
    assert ask(release, text=0.4, image=0.3).passed  # everything is wrong: not the tokenizer's doing


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (candidates.larger_tokenizer, "25 tokens, the text tower has rows for 22"),
        (candidates.foreign_tokenizer, "100%"),
    ],
)
def test_a_tokenizer_of_another_model_is_found_without_answers(ws, tmp_path, spoil, says):
    gate = ask(release_of(ws, tmp_path, spoil), text=None, image=None)
    assert not gate.passed
    assert says in gate.said


def test_a_table_behind_a_cast_is_found(ws, tmp_path):
    def spoil(folder):
        model = onnx.load(folder / "text.onnx")
        table = next(t for t in model.graph.initializer if t.name == "table")
        half = numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), "half_table")
        table.CopyFrom(half)
        model.graph.node.insert(0, helper.make_node("Cast", ["half_table"], ["table"], to=onnx.TensorProto.FLOAT))
        onnx.save(model, folder / "text.onnx")
        candidates.larger_tokenizer(folder)

    assert "rows for 22" in ask(release_of(ws, tmp_path, spoil)).said
