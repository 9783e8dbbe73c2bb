"""An installation with two batches, and a release in production."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.promotion import promote_release
from tests.fakes import moving
from tests.fakes.moving import House


@pytest.fixture(scope="session")
def _landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("landed")
    made = moving.house(home)
    made.land(1)
    made.land(2)
    return home


@pytest.fixture(scope="session")
def _promoted(_landed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EncoderSpec]:
    home = tmp_path_factory.mktemp("promoted") / "home"
    shutil.copytree(_landed, home)
    made = moving.house(home)
    spec = made.release("old")
    made.fill(spec)
    promote_release(made.ws, spec.digest, actor="ann", reason="the first")
    return home, spec


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> House:
    """Two batches landed; nothing is in production unless the test asks for `old`."""
    if "old" in request.fixturenames:
        home: Path = request.getfixturevalue("_promoted")[0]
    else:
        home = request.getfixturevalue("_landed")
    shutil.copytree(home, tmp_path / "home")
    return moving.house(tmp_path / "home")


@pytest.fixture
def old(_promoted: tuple[Path, EncoderSpec]) -> EncoderSpec:
    """In production, with every photo."""
    return _promoted[1]
