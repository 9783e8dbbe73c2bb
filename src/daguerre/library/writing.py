"""A planned library becomes files: in parallel, each file at once or not at all, and never twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from daguerre.errors import DaguerreError
from daguerre.library.engagement import engagement
from daguerre.library.plan import LibraryPlan
from daguerre.library.queries import queries
from daguerre.library.truth import TruthRow

#: Hidden from every listing of photos.
TRUTH_FOLDER = ".daguerre"
TRUTH = "truth.jsonl"
QUERIES = "queries.jsonl"
EVENTS = "events.jsonl"
_SPEC = "spec.json"
_TEMPORARY = "tmp"
#: Counts up when other bytes are written for the same spec.
_VERSION = 1
_CHUNK = 8

#: Receives the number of files that exist and the number of all.
WritingProgress = Callable[[int, int], None]
_Job = tuple[TruthRow, TruthRow | None]


class OtherLibraryError(DaguerreError):
    """Another generated library lies there."""

    exit_code = 2


def write_library(plan: LibraryPlan, root: Path, *, workers: int = 1, progress: WritingProgress | None = None) -> None:
    """Write the files of a library that are not there yet, and the truth about all of them.

    A file appears whole, with its landing time as modification time; so a run that was killed goes on where it ended.
    The truth lies in `.daguerre/`; it is written last, and says that the library is complete.

    Raises:
        OtherLibraryError: `root` holds a library of another spec.
    """
    hidden = root / TRUTH_FOLDER
    _claim(plan, hidden)
    shutil.rmtree(hidden / _TEMPORARY, ignore_errors=True)
    (hidden / _TEMPORARY).mkdir(parents=True)
    for folder in sorted({(root / row.key).parent for row in plan.rows}):
        folder.mkdir(parents=True, exist_ok=True)
    jobs: list[_Job] = [(row, plan.original(row)) for row in plan.rows if not (root / row.key).exists()]
    done = len(plan.rows) - len(jobs)
    for count in _run(root, jobs, workers):
        done += count
        if progress:
            progress(done, len(plan.rows))
    (hidden / _TEMPORARY).rmdir()
    asked = queries(plan)
    _write_lines(hidden / QUERIES, (query.to_json() for query in asked))
    _write_lines(hidden / EVENTS, engagement(plan, asked))
    _write_lines(hidden / TRUTH, (row.to_json() for row in plan.rows))


def is_complete(plan: LibraryPlan, root: Path) -> bool:
    """Return whether the whole library, and no other, lies at `root`; looks at the truth, not at every file."""
    hidden = root / TRUTH_FOLDER
    spec = hidden / _SPEC
    return (hidden / TRUTH).exists() and spec.exists() and spec.read_bytes() == _spec_bytes(plan)


def file_bytes(row: TruthRow, original: TruthRow | None) -> bytes:
    """Return the bytes of one file; an exact copy has those of its original."""
    from daguerre.library.clips import encode_clip
    from daguerre.library.damage import damaged
    from daguerre.library.encoding import encode
    from daguerre.library.pixels import picture_of

    if original is not None and row.transform in ("exact", "shared"):
        return file_bytes(original, None)
    picture = picture_of(row, original)
    if row.media == "video":
        return encode_clip(row, picture)
    return damaged(row, encode(row, picture))


def _claim(plan: LibraryPlan, hidden: Path) -> None:
    spec = hidden / _SPEC
    if spec.exists():
        if spec.read_bytes() != _spec_bytes(plan):
            raise OtherLibraryError(str(hidden.parent), fix="Choose another folder, or delete that one.")
        return
    hidden.mkdir(parents=True, exist_ok=True)
    _replace(hidden / _SPEC, _spec_bytes(plan))


def _spec_bytes(plan: LibraryPlan) -> bytes:
    return json.dumps({"version": _VERSION, **plan.spec.to_json()}, sort_keys=True, indent=1).encode()


def _run(root: Path, jobs: Sequence[_Job], workers: int) -> Iterator[int]:
    """Yield how many files were written, again and again; a bounded number of jobs is in flight."""
    chunks = [jobs[start : start + _CHUNK] for start in range(0, len(jobs), _CHUNK)]
    if workers <= 1 or len(chunks) <= 1:
        for chunk in chunks:
            yield _write_chunk(root, chunk)
        return
    # fresh processes: a fork would inherit locks of whatever threads the caller runs
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        waiting: set[Future[int]] = set()
        for chunk in chunks:
            waiting.add(pool.submit(_write_chunk, root, chunk))
            if len(waiting) >= workers * 3:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield sum(job.result() for job in finished)
        for job in waiting:
            yield job.result()


def _one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def _write_chunk(root: Path, jobs: Sequence[_Job]) -> int:
    for row, original in jobs:
        temporary = root / TRUTH_FOLDER / _TEMPORARY / f"{os.getpid()}"
        temporary.write_bytes(file_bytes(row, original))
        landed = row.landed_at.timestamp()
        os.utime(temporary, (landed, landed))
        temporary.replace(root / row.key)
    return len(jobs)


def _write_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    _replace(path, "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode())


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(data)
    temporary.replace(path)
