"""What an action costs: wall time, and processor time of this process and of the children that have ended."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds. Processor time is the steadier figure on a machine that is not alone."""

    wall_s: float
    cpu_s: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(wall_s=self.wall_s - other.wall_s, cpu_s=self.cpu_s - other.cpu_s)


def cost_of(action: Callable[[], object]) -> Cost:
    """Run the action once."""
    before, began = _cpu_s(), time.perf_counter()
    action()
    return Cost(wall_s=time.perf_counter() - began, cpu_s=_cpu_s() - before)


def _cpu_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Stopwatch:
    """Sums processor time of this process by the name of a step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._at = time.process_time()

    def start(self) -> None:
        """Forget what was spent since the last step."""
        self._at = time.process_time()

    def step(self, name: str) -> None:
        """Book the time since the last step on this one."""
        now = time.process_time()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._at
        self._at = now
