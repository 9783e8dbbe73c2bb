"""One decoder process: reads ahead, decodes one file at a time, and dies with its parent.

Run as `python -m daguerre.media.worker FD PARENT`. It hears on the socket FD: first where modules lie and what to do,
then jobs; it says "ready", and of each job "begun" and "done".
"""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from daguerre.media.reasons import Reason, Refused, RefusedError

#: Jobs that one worker holds: one that is decoded, the others being read meanwhile.
AHEAD = 4

_PR_SET_PDEATHSIG = 1


def main(descriptor: int, parent: int) -> None:
    """Serve until the parent hangs up or dies."""
    _die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it hangs up
    os.dup2(2, 1)  # what a decoder prints must not end in the output of a command
    connection = Connection(descriptor)
    sys.path[:] = connection.recv()
    load, work, memory_mb = connection.recv()
    jobs: queue.SimpleQueue[tuple[int, Any, Future[Any]]] = queue.SimpleQueue()
    # Libraries and threads take address space; what comes before the limit does not count against a file.
    work.prepare()
    readers = _readers()
    _limit(memory_mb)
    connection.send(("ready", 0, None))
    threading.Thread(target=_listen, args=(connection, load, readers, jobs), daemon=True).start()
    while True:
        number, job, data = jobs.get()
        connection.send(("done", number, _answer(connection, number, job, data, work)))


def _answer(
    connection: Connection[Any, Any], number: int, job: Any, data: Future[Any], work: Callable[[Any, Any], Any]
) -> Any:
    """Return the result of one job, or why there is none."""
    try:
        loaded = data.result()
        connection.send(("begun", number, None))
        return work(job, loaded)
    except RefusedError as e:
        return e.refused
    except MemoryError:
        return Refused(reason=Reason.DECODE_MEMORY, detail="more memory than a decoder process may take")
    except Exception as e:  # noqa: BLE001, RUF100 - one bad file never hurts, even when the mistake is ours
        return RefusedError(Reason.INTERNAL_ERROR, f"{type(e).__name__}: {e}").refused


def _readers() -> ThreadPoolExecutor:
    """Return threads that have started; later there may be no room for their stacks."""
    readers = ThreadPoolExecutor(AHEAD)
    together = threading.Barrier(AHEAD + 1)
    for _ in range(AHEAD):
        readers.submit(together.wait)
    together.wait()
    return readers


def _listen(
    connection: Connection[Any, Any],
    load: Callable[[Any], Any],
    readers: ThreadPoolExecutor,
    jobs: queue.SimpleQueue[Any],
) -> None:
    try:
        while True:
            number, job = connection.recv()
            jobs.put((number, job, readers.submit(load, job)))
    finally:
        # The parent hung up, perhaps by kill -9, while a decoder may be busy for long; or there is no memory left to
        # go on, and a process that dies is noticed where one that only stops listening is not.
        os._exit(0)


def _limit(memory_mb: int) -> None:
    """Allow so much memory beyond what libraries map already; a refused allocation is a MemoryError, not a swap."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + (memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with(parent: int) -> None:
    """Have the kernel end this process when the parent's thread ends, even in the middle of a decoder's loop."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call above
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
