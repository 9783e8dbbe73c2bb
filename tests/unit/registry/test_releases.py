from __future__ import annotations

import pytest

from daguerre.encoders.archive import ReleaseNotFoundError
from daguerre.encoders.release import ReleaseError
from daguerre.registry.log import promote, read_events
from daguerre.registry.releases import find_release, list_releases, load_release, register
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir


@pytest.fixture
def ws(tmp_path):
    settings = load_settings(root=str(tmp_path / "root"), cache=tmp_path / "cache")
    return Workspace(settings=settings, store=LocalStore(tmp_path / "root", create=True))


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
