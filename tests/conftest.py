"""What every test may use."""

from __future__ import annotations

import os

from daguerre.telemetry import silence_vendors

silence_vendors()
# Settings come from the tests, never from the shell that started them.
for _name in [n for n in os.environ if n.startswith("DAGUERRE_") and n != "DAGUERRE_KILL_ROUNDS"]:
    del os.environ[_name]

#: What is made once and shared by tests of several kinds.
pytest_plugins = ["tests.fakes.finished"]
