"""An installation with two batches and a release in production."""

from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.promotion import promote_release
from tests.fakes import moving
from tests.fakes.moving import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Two batches landed."""
    made = moving.house(tmp_path)
    made.land(1)
    made.land(2)
    return made


@pytest.fixture
def old(house: House) -> EncoderSpec:
    """In production, with every photo."""
    spec = house.release("old")
    house.fill(spec)
    promote_release(house.ws, spec.digest, actor="ann", reason="the first")
    return spec
