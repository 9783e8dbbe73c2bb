from __future__ import annotations

import shutil

import pytest

from daguerre.encoders.archive import (
    ReleaseNotFoundError,
    fetch_release,
    find_digest,
    store_release,
    stored_releases,
)
from daguerre.encoders.bundle import build_release
from daguerre.encoders.release import ReleaseTamperedError
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import ObjectChangedError
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir


@pytest.fixture
def ws(tmp_path):
    settings = load_settings(root=str(tmp_path / "root"), cache=tmp_path / "cache")
    return Workspace(settings=settings, store=LocalStore(tmp_path / "root", create=True))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return build_release(make_model_dir(tmp_path_factory.mktemp("model") / "tiny"))


def test_a_release_comes_back_as_it_went_in(ws, release):
    store_release(ws.store, release)
    store_release(ws.store, release)
    found = fetch_release(ws, release.spec.digest)
    assert found.spec == release.spec
    assert {f.name: found.path(f.name).read_bytes() for f in found.files} == {
        f.name: release.path(f.name).read_bytes() for f in release.files
    }
    assert stored_releases(ws.store) == [release.spec]


def test_a_release_without_its_manifest_does_not_exist(ws, release):
    store_release(ws.store, release)
    ws.store.delete(f"releases/{release.spec.digest}/manifest.json")
    with pytest.raises(ReleaseNotFoundError):
        fetch_release(ws, release.spec.digest)
    assert stored_releases(ws.store) == []
    store_release(ws.store, release)  # a killed upload is finished by the next
    assert fetch_release(ws, release.spec.digest).spec == release.spec


@pytest.mark.parametrize("name", ["image.onnx", "text.onnx", "golden.npz", "model.toml", "tokenizer.json"])
def test_a_file_that_was_changed_in_the_store_is_found(ws, release, name):
    store_release(ws.store, release)
    key = f"releases/{release.spec.digest}/{name}"
    data = bytearray(ws.store.get(key))
    data[len(data) // 2] ^= 1
    ws.store.put(key, bytes(data))
    with pytest.raises(ReleaseTamperedError, match=name):
        fetch_release(ws, release.spec.digest)


def test_a_manifest_that_was_changed_is_found(ws, release):
    store_release(ws.store, release)
    key = f"releases/{release.spec.digest}/manifest.json"
    other = "0" * 64
    changed = ws.store.get(key).replace(release.files[0].sha256.encode(), other.encode())
    for spoiled in (changed, b"{}", b"not json"):
        ws.store.put(key, spoiled)
        with pytest.raises(ReleaseTamperedError):
            fetch_release(ws, release.spec.digest)


def test_a_damaged_cache_is_mended(ws, release):
    store_release(ws.store, release)
    path = fetch_release(ws, release.spec.digest).path("image.onnx")
    path.write_bytes(b"half a fi")
    assert (
        fetch_release(ws, release.spec.digest).path("image.onnx").read_bytes()
        == release.path("image.onnx").read_bytes()
    )


def test_registering_over_other_bytes_is_refused(ws, release):
    ws.store.put(f"releases/{release.spec.digest}/image.onnx", b"something else")
    with pytest.raises(ReleaseTamperedError):
        store_release(ws.store, release)


def test_other_bytes_of_the_same_size_are_refused_too(ws, release):
    name = "tokenizer.json"
    data = release.path(name).read_bytes()
    ws.store.put(f"releases/{release.spec.digest}/{name}", b" " * len(data))
    with pytest.raises(ReleaseTamperedError, match=name):
        store_release(ws.store, release)


def test_a_file_that_changes_while_it_goes_up_never_appears(ws, release, tmp_path):
    folder = shutil.copytree(release.folder, tmp_path / "copy")
    built = build_release(folder)
    graph = folder / "text.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"!")  # training goes on in the same folder
    with pytest.raises(ObjectChangedError, match=r"text\.onnx"):
        store_release(ws.store, built)
    assert not ws.store.exists(f"releases/{built.spec.digest}/text.onnx")
    assert stored_releases(ws.store) == []


def test_a_release_is_found_by_space_and_by_the_beginning_of_its_digest(ws, release, tmp_path):
    other = build_release(make_model_dir(tmp_path / "other", seed=1))
    store_release(ws.store, release)
    store_release(ws.store, other)
    digest = release.spec.digest
    for name in (digest, release.spec.space, digest[:12]):
        assert find_digest(ws.store, name) == digest
    for unknown in ("", digest[:4], "tiny-00000000", "0" * 64):
        with pytest.raises(ReleaseNotFoundError):
            find_digest(ws.store, unknown)
