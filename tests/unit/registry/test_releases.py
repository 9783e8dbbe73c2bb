from __future__ import annotations

import pytest

from daguerre.encoders.archive import ReleaseNotFoundError
from daguerre.encoders.release import ReleaseError, ReleaseTamperedError
from daguerre.registry.events import EventKind
from daguerre.registry.log import promote, read_events, read_state, record
from daguerre.registry.releases import (
    UnsignedError,
    find_release,
    list_releases,
    load_release,
    register,
    verify_release,
)
from daguerre.registry.signing import Signature, SignatureError, generate_key, signature_of
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir


def workspace(tmp_path, **settings) -> Workspace:
    (tmp_path / "policies").mkdir(exist_ok=True)
    known = load_settings(
        root=str(tmp_path / "root"), cache=tmp_path / "cache", policies=tmp_path / "policies", **settings
    )
    return Workspace(settings=known, store=LocalStore(tmp_path / "root", create=True))


@pytest.fixture
def ws(tmp_path):
    return workspace(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_model_dir(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def key(tmp_path):
    """A workspace that signs, and the public key."""
    path = tmp_path / "key.pem"
    return workspace(tmp_path, signing_key=path), generate_key(path)


def test_registering_twice_is_one_event(ws, tmp_path):
    folder = make_model_dir(tmp_path / "tiny")
    spec = register(ws, folder, actor="ci", reason="trained")
    assert register(ws, folder) == spec
    (event,) = read_events(ws, ws.settings.product)
    assert (event.release, event.actor, event.reason) == (spec.digest, "ci", "trained")
    assert list_releases(ws) == [spec]
    assert load_release(ws, spec.digest).spec == spec


def test_a_release_is_found_by_alias_space_and_digest(ws, tmp_path):
    spec = register(ws, make_model_dir(tmp_path / "one"))
    other = register(ws, make_model_dir(tmp_path / "two", seed=5))
    assert spec.space != other.space
    promote(ws, "production", other.digest, actor="ada", reason="better")
    assert find_release(ws, "production").spec == other
    assert find_release(ws, spec.space).spec == spec
    assert find_release(ws, spec.digest[:10]).spec == spec
    with pytest.raises(ReleaseNotFoundError):
        find_release(ws, "candidate")


def test_a_folder_that_is_no_model_leaves_nothing_behind(ws, tmp_path):
    folder = make_model_dir(tmp_path / "tiny")
    (folder / "golden.npz").unlink()
    with pytest.raises(ReleaseError):
        register(ws, folder)
    assert list(ws.store.list()) == []


def test_registration_says_what_the_release_is(ws, folder):
    spec = register(ws, folder, actor="ci")
    (event,) = read_events(ws, "search")
    assert event.evidence == {"name": "tiny", "space": spec.space, "dim": 32}
    assert read_state(ws).releases[spec.digest].registered == event.evidence
    assert signature_of(ws, spec.digest, ()) == Signature(signed=False)
    assert verify_release(ws, spec.digest) == []


def test_with_a_key_the_manifest_is_signed(key, folder):
    ws, public = key
    spec = register(ws, folder)
    assert read_events(ws, "search")[0].evidence["signed_by"] == public
    assert signature_of(ws, spec.digest, ()) == Signature(signed=True, key=public, trusted=False)
    assert signature_of(ws, spec.digest, [public]).trusted
    assert verify_release(ws, spec.digest) == []
    register(ws, folder)
    assert len(read_events(ws, "search")) == 1


def test_what_nobody_signed_is_signed_later(ws, key, folder):
    spec = register(ws, folder)
    signing, public = key
    assert register(signing, folder) == spec
    assert [e.evidence.get("signed_by") for e in read_events(ws, "search")] == [None, public]
    register(ws, folder)  # without the key, nothing is taken back
    assert read_state(ws).releases[spec.digest].registered["signed_by"] == public
    assert len(read_events(ws, "search")) == 2


def test_a_signature_over_another_manifest_does_not_hold(key, folder, tmp_path):
    ws, public = key
    one, two = register(ws, folder), register(ws, make_model_dir(tmp_path / "two", seed=5))
    ws.store.put(f"releases/{one.digest}/manifest.sig.json", ws.store.get(f"releases/{two.digest}/manifest.sig.json"))
    with pytest.raises(SignatureError, match=one.digest[:12]):
        signature_of(ws, one.digest, [public])
    assert "manifest.sig.json was changed" in verify_release(ws, one.digest)[0]
    with pytest.raises(SignatureError):
        register(ws, folder)


def test_a_signature_that_went_away_or_is_by_another_is_named(key, folder, tmp_path):
    ws, _ = key
    spec = register(ws, folder)
    ws.store.delete(f"releases/{spec.digest}/manifest.sig.json")
    assert verify_release(ws, spec.digest) == ["manifest.sig.json is missing"]
    generate_key(tmp_path / "other.pem")
    other = workspace(tmp_path, product="faces", signing_key=tmp_path / "other.pem")
    register(other, folder)
    assert verify_release(ws, spec.digest) == ["manifest.sig.json is by another key than the log says"]


def test_a_policy_that_wants_signatures(tmp_path, key, folder):
    ws, public = key
    policy = f"product: search\nallow_unsigned: false\nrequired: [signed]\ntrusted_keys: ['{public}']\n"
    (tmp_path / "policies/search.yaml").write_text(policy)
    generate_key(tmp_path / "stranger.pem")
    for refused in (workspace(tmp_path), workspace(tmp_path, signing_key=tmp_path / "stranger.pem")):
        with pytest.raises(UnsignedError, match="trusted_keys"):
            register(refused, folder)
    assert list(ws.store.list()) == []
    assert register(ws, folder).name == "tiny"


def test_the_signature_of_a_stranger_does_not_become_trusted(tmp_path, key, folder):
    generate_key(tmp_path / "stranger.pem")
    spec = register(workspace(tmp_path, signing_key=tmp_path / "stranger.pem"), folder)
    ws, public = key
    policy = f"product: search\nallow_unsigned: false\nrequired: [signed]\ntrusted_keys: ['{public}']\n"
    (tmp_path / "policies/search.yaml").write_text(policy)
    with pytest.raises(UnsignedError, match="already"):
        register(ws, folder)
    assert not signature_of(ws, spec.digest, [public]).trusted


def test_every_changed_or_missing_file_is_named(ws, folder):
    spec = register(ws, folder)
    prefix = f"releases/{spec.digest}"
    ws.store.delete(f"{prefix}/tokenizer.json")
    graph = bytearray(ws.store.get(f"{prefix}/image.onnx"))
    graph[100] ^= 1
    ws.store.put(f"{prefix}/image.onnx", bytes(graph))
    ws.store.put(f"{prefix}/text.onnx", b"short")
    problems = verify_release(ws, spec.digest)
    assert [p.split()[0] for p in problems] == ["image.onnx", "text.onnx", "tokenizer.json"]
    assert [p.split()[-1] for p in problems] == ["changed", "registered", "missing"]
    with pytest.raises(ReleaseTamperedError, match=r"image\.onnx"):
        register(ws, folder)
    ws.store.put(f"{prefix}/manifest.json", b"{}")
    assert verify_release(ws, spec.digest)[0].startswith("manifest.json was changed")
    ws.store.delete(f"{prefix}/manifest.json")
    with pytest.raises(ReleaseNotFoundError):
        verify_release(ws, spec.digest)


def test_a_retired_release_can_come_back(ws, folder):
    digest = register(ws, folder).digest
    record(ws, EventKind.RETIRED, digest, actor="ada", reason="old", allow=lambda _: True)
    assert read_state(ws).releases[digest].retired
    register(ws, folder)
    assert not read_state(ws).releases[digest].retired
