"""`python -m tests.fakes.asking_process FILE`: searches until standard input ends, and writes down every answer."""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from pathlib import Path

from daguerre.lifecycle.opening import open_live_search
from daguerre.search.live import LiveSearch
from daguerre.settings import load_settings
from daguerre.telemetry import silence_vendors
from daguerre.workspace import open_workspace
from tests.fakes.encoders import COLOURS

OWNERS = ("alice", "bob", None)
#: A killed server has to come back within this on a busy machine.
PATIENT_S = 90.0
PAUSE_S = 0.05


def ask(search: LiveSearch, text: str, owner: str | None) -> dict[str, object]:
    """Ask once; what fails is written down as well."""
    question = {"text": text, "owner": owner, "asked": time.time()}
    try:
        answer = search.by_text(text, owner=owner, k=5)
    except Exception as e:
        return question | {"error": f"{type(e).__name__}: {e}"}
    return question | {
        "error": "",
        "at": time.time(),
        "release": answer.route.release,
        "space": answer.route.space,
        "role": answer.role,
        "retried": answer.retried,
        "hits": [(hit.photo_id, hit.score) for hit in answer.hits],
    }


def main(file: Path) -> None:
    silence_vendors()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    questions = itertools.cycle((f"a {colour} photo", owner) for colour in COLOURS for owner in OWNERS)
    ws = open_workspace(load_settings())
    with file.open("a") as out, open_live_search(ws, deadline_s=PATIENT_S) as search:
        for text, owner in questions:
            if ended.wait(PAUSE_S):
                return
            out.write(json.dumps(ask(search, text, owner)) + "\n")
            out.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
