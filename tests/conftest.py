"""What every test may use."""

from __future__ import annotations

import os

from daguerre.telemetry import silence_vendors

silence_vendors()
#: How hard some tests try; everything else about an installation comes from the tests, never from the shell.
_EFFORT = {"DAGUERRE_KILL_ROUNDS", "DAGUERRE_AWAY_S"}
for _name in [n for n in os.environ if n.startswith("DAGUERRE_") and n not in _EFFORT]:
    del os.environ[_name]

#: What is made once and shared by tests of several kinds.
pytest_plugins = ["tests.fakes.finished"]
