"""The benchmarks by name, each run in a process of its own: none inherits the memory or the threads of another."""

from __future__ import annotations

import importlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.line import Line

#: In the order in which a photo meets them.
NAMES = ("library", "landing", "photos", "memory", "signals", "embeddings", "search", "live", "abstention", "curation")


def measure(module: str, *, quick: bool) -> list[Line]:
    """Run the benchmark of one module in this process."""
    return list(importlib.import_module(module).measure(quick))


def measure_apart(module: str, *, quick: bool) -> list[Line]:
    """Run the benchmark of one module in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, module, quick=quick).result()
