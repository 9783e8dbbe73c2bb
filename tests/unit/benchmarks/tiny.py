"""A benchmark that measures nothing."""

from __future__ import annotations

import os

from benchmarks.line import Line


def measure(quick: bool) -> list[Line]:
    return [
        Line(what="who ran it", measured=os.getpid(), unit="pid"),
        Line(what="rate", measured=8.0 if quick else 9.0, unit="photos/s", limit=10.0, at_least=0.85),
    ]
