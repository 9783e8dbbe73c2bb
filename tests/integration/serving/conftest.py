"""A real Triton server for the tests of the serving room."""

from __future__ import annotations

import pytest

from daguerre.encoders.archive import store_release
from daguerre.encoders.bundle import build_release
from daguerre.serving.server import local_server
from daguerre.serving.state import server_folder
from daguerre.settings import load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir


def serving_workspace(root, **settings) -> Workspace:
    made = load_settings(root=str(root / "root"), cache=root / "cache", triton_port=0, **settings)
    return Workspace(settings=made, store=LocalStore(root / "root", create=True))


@pytest.fixture(scope="session")
def ws(tmp_path_factory):
    """A workspace whose server runs for the whole session."""
    made = serving_workspace(tmp_path_factory.mktemp("serving"))
    with local_server(made):
        yield made
    assert server_folder(made).read() is None


@pytest.fixture(scope="session")
def release(ws, tmp_path_factory):
    made = build_release(make_model_dir(tmp_path_factory.mktemp("model") / "tiny"))
    store_release(ws.store, made)
    return made
