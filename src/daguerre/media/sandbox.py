"""Processes in which strangers' files are decoded. What happens there stays there: one bad file never hurts.

Own processes instead of a standard pool: a pool breaks whole when one worker dies, cannot end a task that is late,
and starts its workers by importing the caller's main module.
"""

from __future__ import annotations

import multiprocessing.connection
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from daguerre.errors import DaguerreError
from daguerre.media.reasons import Reason, Refused
from daguerre.media.worker import AHEAD


class Sized(Protocol):
    """A job that knows how many bytes it will read."""

    @property
    def size(self) -> int:
        """Return the bytes."""
        ...


J = TypeVar("J", bound=Sized)
D = TypeVar("D")
R = TypeVar("R")
J_contra = TypeVar("J_contra", contravariant=True)
D_contra = TypeVar("D_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[J_contra, D_contra, R_co]):
    """What is done with each file, in another process."""

    def prepare(self) -> None:
        """Load libraries, before memory is limited."""
        ...

    def __call__(self, job: J_contra, data: D_contra, /) -> R_co:
        """Do it."""
        ...


#: Jobs between the oldest result that is awaited and the newest that is sent, per worker: bounds memory.
_WINDOW = 128
#: A worker reads ahead until it holds this much; larger files travel alone.
_AHEAD_BYTES = 64 << 20
#: Longest silence while a file is read; sources give up by themselves long before.
_READ_DEADLINE_S = 300.0
_START_DEADLINE_S = 120.0
_MOST_FAILED_STARTS = 3
_LONGEST_WAIT_S = 60.0
#: glibc gives freed memory back at once by default and faults it in again for the next picture: 5-9 % of the time.
_ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    # Every arena reserves 64 MB of the address space that is limited.
    "MALLOC_ARENA_MAX": "2",
    # Processes are parallel already.
    "OPENCV_FOR_THREADS_NUM": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class SandboxError(DaguerreError):
    """Decoder processes do not start."""


@dataclass
class _Worker(Generic[J]):
    process: subprocess.Popen[bytes]
    connection: Connection[Any, Any]
    since: float
    ready: bool = False
    begun: int | None = None
    held: dict[int, J] = field(default_factory=dict)

    @property
    def held_bytes(self) -> int:
        return sum(job.size for job in self.held.values())

    def end(self) -> int:
        """End the process and return how it ended, as in `Popen.returncode`."""
        self.connection.close()
        self.process.kill()
        return self.process.wait()


class Sandbox(Generic[J, D, R]):
    """Applies `work(job, load(job))` in worker processes, with a deadline and a memory limit for each file.

    `load` and `work` travel by pickle: functions of importable modules, or instances of their classes. `load` runs in
    threads, ahead of `work`, so that reading overlaps decoding. Either may raise RefusedError.

    A file whose worker dies is tried once more in a new process, then refused; whatever else that worker held is sent
    again. To be closed by the thread that opened it.
    """

    def __init__(
        self,
        *,
        load: Callable[[J], D],
        work: Work[J, D, R],
        workers: int,
        deadline_s: float,
        memory_mb: int,
    ) -> None:
        self._order = (load, work, memory_mb)
        self._deadline_s = deadline_s
        self._count = workers
        self._workers: list[_Worker[J]] = []
        self._crashes: dict[int, int] = {}
        self._failed_starts = 0

    def __enter__(self) -> Sandbox[J, D, R]:
        while len(self._workers) < self._count:
            self._workers.append(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return [worker.process.pid for worker in self._workers]

    def map(self, jobs: Iterable[J]) -> Iterator[R | Refused]:
        """Yield one answer per job in the order of the jobs; holds a bounded number of jobs and answers.

        Raises:
            SandboxError: workers die before they are ready.
        """
        source = enumerate(jobs)
        backlog: deque[tuple[int, J]] = deque()
        answers: dict[int, R | Refused] = {}
        wanted, taken, exhausted = 0, 0, False
        self._crashes.clear()
        try:
            while True:
                while wanted in answers:
                    yield answers.pop(wanted)
                    wanted += 1
                while not exhausted and len(backlog) < self._count and taken - wanted < _WINDOW * self._count:
                    item = next(source, None)
                    exhausted = item is None
                    if item is not None:
                        backlog.append(item)
                        taken += 1
                self._feed(backlog)
                if exhausted and not backlog and not any(worker.held for worker in self._workers):
                    if wanted in answers:
                        continue
                    return
                self._listen(answers, backlog)
        finally:
            for index, worker in enumerate(self._workers):
                if worker.held:  # abandoned half-way: what it still answers belongs to nobody
                    worker.end()
                    self._workers[index] = self._start()

    def _start(self) -> _Worker[J]:
        ours, theirs = multiprocessing.connection.Pipe()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "daguerre.media.worker", str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | _ENVIRONMENT,
            )
        worker: _Worker[J] = _Worker(process=process, connection=ours, since=time.monotonic())
        try:
            ours.send(sys.path)
            ours.send(self._order)
        except OSError:
            pass  # it died already; the next look at its connection says so
        return worker

    def _feed(self, backlog: deque[tuple[int, J]]) -> None:
        """Hand jobs to the workers that hold least, as long as one has room."""
        while backlog:
            number, job = backlog[0]
            room = [
                worker
                for worker in self._workers
                if not worker.held or (len(worker.held) < AHEAD and worker.held_bytes + job.size <= _AHEAD_BYTES)
            ]
            # A file that has killed a worker travels alone, so that nobody else pays for it twice.
            if number in self._crashes:
                room = [worker for worker in room if not worker.held]
            room = [worker for worker in room if not self._crashes.keys() & worker.held.keys()]
            if not room:
                return
            worker = min(room, key=lambda w: len(w.held))
            backlog.popleft()
            if not worker.held:
                worker.since = time.monotonic()
            worker.held[number] = job
            try:
                worker.connection.send((number, job))
            except OSError:
                return  # it died; the next look at its connection says so and sends everything again

    def _listen(self, answers: dict[int, R | Refused], backlog: deque[tuple[int, J]]) -> None:
        """Hear what workers say until one has something to say or is late, then see to the late and the dead."""
        now = time.monotonic()
        due = min([now + _LONGEST_WAIT_S, *(self._due(worker) for worker in self._workers)])
        connections = [worker.connection for worker in self._workers]
        heard = multiprocessing.connection.wait(connections, timeout=max(0.0, due - now))
        for index, worker in enumerate(self._workers):
            if worker.connection in heard:
                if not self._hear(worker, answers):
                    self._bury(index, answers, backlog, reason=None)
            elif time.monotonic() >= self._due(worker):
                late = Reason.DECODE_TIMEOUT if worker.begun is not None else Reason.STORE_ERROR
                self._bury(index, answers, backlog, reason=late)

    def _due(self, worker: _Worker[J]) -> float:
        if not worker.ready:
            return worker.since + _START_DEADLINE_S
        if not worker.held:
            return float("inf")
        return worker.since + (self._deadline_s if worker.begun is not None else _READ_DEADLINE_S)

    def _hear(self, worker: _Worker[J], answers: dict[int, R | Refused]) -> bool:
        """Take in everything that one worker has said; False when it is dead."""
        try:
            while worker.connection.poll():
                word, number, answer = worker.connection.recv()
                worker.since = time.monotonic()
                if word == "ready":
                    worker.ready, self._failed_starts = True, 0
                elif word == "begun":
                    worker.begun = number
                else:
                    worker.begun = None
                    del worker.held[number]
                    self._crashes.pop(number, None)
                    answers[number] = answer
        except (EOFError, OSError):
            return False
        return True

    def _bury(
        self, index: int, answers: dict[int, R | Refused], backlog: deque[tuple[int, J]], *, reason: Reason | None
    ) -> None:
        """End a worker, settle the file that it was busy with, send the others again and start a successor."""
        worker = self._workers[index]
        code = worker.end() if reason else self._code(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                raise SandboxError(
                    f"{_MOST_FAILED_STARTS} in a row ended with {_ending(code)}", fix="`daguerre doctor`"
                )
        # Without a file that had begun the first one held is to blame: reading killed it, or took for ever.
        blamed = worker.begun if worker.begun is not None else next(iter(worker.held), None)
        if worker.ready and blamed is not None:
            self._crashes[blamed] = self._crashes.get(blamed, 0) + 1
            verdict = self._verdict(reason, code, self._crashes[blamed])
            if verdict is not None:
                answers[blamed] = verdict
                del worker.held[blamed], self._crashes[blamed]
        backlog.extendleft(sorted(worker.held.items(), reverse=True))
        self._workers[index] = self._start()

    def _code(self, worker: _Worker[J]) -> int:
        try:
            code = worker.process.wait(timeout=1.0)  # it closed its side by dying
        except subprocess.TimeoutExpired:
            return worker.end()
        worker.connection.close()
        return code

    def _verdict(self, reason: Reason | None, code: int, crashes: int) -> Refused | None:
        if reason is Reason.DECODE_TIMEOUT:
            return Refused(reason=reason, detail=f"not decoded within {self._deadline_s:g} s")
        if reason is not None:
            return Refused(reason=reason, detail=f"not read within {_READ_DEADLINE_S:g} s")
        if crashes < 2:
            return None  # the worker may have been killed from outside
        # Nobody but the kernel, out of memory, sends SIGKILL twice to the process of one file.
        kind = Reason.DECODE_MEMORY if code == -signal.SIGKILL else Reason.DECODER_CRASHED
        return Refused(reason=kind, detail=f"the decoder ended with {_ending(code)}", attempts=crashes)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
