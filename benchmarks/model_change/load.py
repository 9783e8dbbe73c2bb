"""Four people who search all the time, in a process of their own, and what each of their answers was."""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from daguerre.lifecycle.opening import open_live_search
from daguerre.quality.queries import find_in_source, load_queries
from daguerre.search.live import LiveSearch
from daguerre.settings import Settings, load_settings
from daguerre.workspace import open_workspace

CLIENTS = 4
#: Seconds between two queries of one client; together the clients ask about 16 a second.
PAUSE_S = 0.25
K = 10


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One query and its answer; `error` is empty for an answer. `at` is seconds since 1970, when it was asked."""

    at: float
    seconds: float
    client: int
    query: str
    owner: str | None
    space: str
    snapshot: int
    role: str
    error: str
    hits: tuple[str, ...]
    scores: tuple[float, ...]


@contextmanager
def clients(settings: Settings, record: Path) -> Iterator[None]:
    """Let the clients search until the block ends; their answers are written to `record` as JSON lines."""
    spawn = multiprocessing.get_context("spawn")
    ready, stop = spawn.Event(), spawn.Event()
    process = spawn.Process(target=_search, args=(settings.model_dump(mode="json"), str(record), ready, stop))
    process.start()
    try:
        while not ready.wait(0.5):
            if process.exitcode is not None:
                raise RuntimeError(f"the search process ended with {process.exitcode}")
        yield
    finally:
        stop.set()
        process.join(60)
        if process.is_alive():
            process.kill()


def read(record: Path) -> list[Asked]:
    """Return what was asked, in order of time."""
    lines = (json.loads(line) for line in record.read_text().splitlines())
    asked = (Asked(**line | {"hits": tuple(line["hits"]), "scores": tuple(line["scores"])}) for line in lines)
    return sorted(asked, key=lambda one: one.at)


def _search(settings: dict[str, Any], record: str, ready: Event, stop: Event) -> None:
    ws = open_workspace(load_settings(**settings))
    texts = [q for q in load_queries(ws, find_in_source(ws)) if q.kind == "text"]
    lock = threading.Lock()
    with open_live_search(ws) as search, Path(record).open("w", buffering=1) as out:

        def client(number: int) -> None:
            chance = random.Random(number)
            while not stop.is_set():
                query = chance.choice(texts)
                line = json.dumps(asdict(_ask(search, number, query.id, query.text, query.owner_id)))
                with lock:
                    out.write(line + "\n")
                stop.wait(PAUSE_S * (0.5 + chance.random()))

        search.by_text(texts[0].text, owner=texts[0].owner_id, k=K)
        ready.set()
        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _ask(search: LiveSearch, client: int, query: str, text: str, owner: str | None) -> Asked:
    at, began = time.time(), time.perf_counter()
    space = role = error = ""
    snapshot = 0
    hits: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    try:
        answer = search.by_text(text, owner=owner, k=K)
        space, snapshot, role = answer.route.space, answer.snapshot, answer.role
        hits = tuple(hit.photo_id for hit in answer.hits)
        scores = tuple(hit.score for hit in answer.hits)
    except Exception as e:  # whatever it is, a person would have seen it
        error = f"{type(e).__name__}: {e}"
    return Asked(
        at=at,
        seconds=time.perf_counter() - began,
        client=client,
        query=query,
        owner=owner,
        space=space,
        snapshot=snapshot,
        role=role,
        error=error,
        hits=hits,
        scores=scores,
    )
