"""Calls of the command in this process, as its entry point makes them."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daguerre.settings import Settings
from tests.fakes import installation
from tests.fakes.installation import Finished


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Call `daguerre` with arguments; like a shell, see the exit code and both outputs."""
    from daguerre.cli.main import main

    logger = logging.getLogger("daguerre")
    before = (logger.handlers[:], logger.level, logger.propagate)
    monkeypatch.setenv("COLUMNS", "200")

    def made(*arguments: str) -> Answer:
        monkeypatch.setattr("sys.argv", ["daguerre", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return Answer(code=int(ended.value.code or 0), out=said.out, err=said.err)

    yield made
    logger.handlers[:], level, logger.propagate = before
    logger.setLevel(level)


@pytest.fixture
def installed(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """The finished installation, meant by every call; only for calls that change nothing."""
    installation.use(monkeypatch, finished.settings)
    return finished


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in which nothing has happened yet."""
    settings = installation.settings_in(tmp_path, ui_port=free_port())
    installation.use(monkeypatch, settings)
    return settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
