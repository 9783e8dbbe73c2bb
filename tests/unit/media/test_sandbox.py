from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from daguerre.media.reasons import Reason, Refused
from daguerre.media.sandbox import Sandbox, SandboxError
from tests.fakes.decoders import Job, Load, Work

PROJECT = Path(__file__).parents[3]


def sandbox(
    workers: int = 2, deadline_s: float = 20.0, memory_mb: int = 512
) -> Sandbox[Job, str, tuple[int, str, int]]:
    return Sandbox(load=Load(), work=Work(), workers=workers, deadline_s=deadline_s, memory_mb=memory_mb)


def answers(jobs: Sequence[Job], **options: float) -> list[tuple[int, str, int] | Refused]:
    with sandbox(**options) as box:  # type: ignore[arg-type]
        return list(box.map(jobs))


def numbers(found: Sequence[object]) -> list[object]:
    return [answer.reason if isinstance(answer, Refused) else answer[0] for answer in found]  # type: ignore[index]


def test_answers_come_in_the_order_of_the_jobs_although_two_workers_share_them() -> None:
    jobs = [Job(number=n, deed="slow" if n % 7 == 0 else "fine") for n in range(300)]
    found = answers(jobs)
    assert numbers(found) == list(range(300))
    assert len({answer[2] for answer in found if not isinstance(answer, Refused)}) == 2


@pytest.mark.parametrize(
    ("deed", "reason", "word"),
    [
        ("segfault", Reason.DECODER_CRASHED, "SIGSEGV"),
        ("exit", Reason.DECODER_CRASHED, "exit code 3"),
        ("abort", Reason.DECODER_CRASHED, "SIGABRT"),
        ("killed", Reason.DECODE_MEMORY, "SIGKILL"),
        ("eat", Reason.DECODE_MEMORY, "memory"),
        ("refuse", Reason.CORRUPT, "bad"),
        ("bug", Reason.INTERNAL_ERROR, "ZeroDivisionError: oops"),
        ("unreadable", Reason.UNREADABLE, "locked"),
        ("bug in reading", Reason.INTERNAL_ERROR, "KeyError"),
    ],
)
def test_a_bad_file_is_refused_and_no_other(deed: str, reason: Reason, word: str) -> None:
    found = answers([Job(number=n, deed=deed if n == 5 else "fine") for n in range(20)])
    assert numbers(found) == [*range(5), reason, *range(6, 20)]
    refused = found[5]
    assert isinstance(refused, Refused)
    assert word in refused.detail


@pytest.mark.parametrize("deed", ["hang", "spin"])
def test_a_file_that_takes_too_long_is_refused_and_its_process_ended(deed: str) -> None:
    started = time.monotonic()
    found = answers([Job(number=n, deed=deed if n in (2, 3) else "fine") for n in range(30)], deadline_s=0.5)
    assert numbers(found) == [0, 1, Reason.DECODE_TIMEOUT, Reason.DECODE_TIMEOUT, *range(4, 30)]
    assert time.monotonic() - started < 15


def test_a_worker_that_is_killed_from_outside_costs_no_file(tmp_path: Path) -> None:
    jobs = [Job(number=n, deed="killed once" if n == 3 else "fine", where=str(tmp_path / "mark")) for n in range(10)]
    assert numbers(answers(jobs)) == list(range(10))


def test_many_bad_files_in_a_row_do_not_wear_it_out() -> None:
    found = answers([Job(number=n, deed="exit" if n % 3 == 0 else "fine") for n in range(12)])
    assert numbers(found) == [Reason.DECODER_CRASHED if n % 3 == 0 else n for n in range(12)]


def test_what_a_decoder_prints_does_not_reach_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    answers([Job(number=0, deed="print")])
    assert capfd.readouterr().out == ""


def test_jobs_are_taken_only_as_answers_are_taken() -> None:
    taken = 0

    def source() -> Iterator[Job]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield Job(number=number, deed="large")

    with sandbox() as box:
        stream = box.map(source())
        for _ in range(50):
            next(stream)
        time.sleep(0.3)
        assert taken < 1000
        stream.close()
        assert numbers(list(box.map([Job(number=7)]))) == [7]


def test_workers_are_gone_when_it_is_closed() -> None:
    with sandbox() as box:
        list(box.map([Job(number=0)]))
        pids = box.pids
    assert len(pids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_workers_that_cannot_start_are_an_error_of_the_run() -> None:
    box: Sandbox[Job, str, int] = Sandbox(
        load=Load(),
        work=_Unknown(),
        workers=1,
        deadline_s=5,
        memory_mb=512,  # type: ignore[arg-type]
    )
    with pytest.raises(SandboxError, match="exit code 1"), box:
        list(box.map([Job(number=0)]))


class _Unknown:
    """Travels as the name of something that no other process finds."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return __import__, ("no_such_module_anywhere",)


def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from daguerre.media.sandbox import Sandbox\n"
        "from tests.fakes.decoders import Job, Load, Work\n"
        "with Sandbox(load=Load(), work=Work(), workers=2, deadline_s=600, memory_mb=512) as box:\n"
        "    print(*box.pids, flush=True)\n"
        "    list(box.map([Job(number=n, deed='spin') for n in range(4)]))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(PROJECT)}
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        time.sleep(1.0)
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class _Poison:
    """A job that no worker can take in."""

    size = 1

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return int, ("not a number",)


def test_a_worker_that_can_no_longer_listen_is_replaced_instead_of_waited_for() -> None:
    started = time.monotonic()
    with sandbox(workers=1) as box:
        (refused,) = box.map([_Poison()])  # type: ignore[list-item]
        assert isinstance(refused, Refused)
        assert refused.reason is Reason.DECODER_CRASHED
        assert numbers(list(box.map([Job(number=1)]))) == [1]
    assert time.monotonic() - started < 20
