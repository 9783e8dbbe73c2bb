"""Moves in a bucket, and moves by processes that are killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daguerre.lifecycle.promotion import promote_release
from daguerre.lifecycle.retirement import retire
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.routing import read_routes
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_events, verify_log
from daguerre.tables import catalogue
from tests.fakes import moving
from tests.fakes.s3_server import new_bucket, running_s3, use_s3

ANN = {"actor": "ann", "reason": "to and fro"}
KILLS = 4
#: Promotes the candidate and rolls it back until it is killed.
RESTLESS = """
import sys
from pathlib import Path
from daguerre.lifecycle.promotion import promote_release
from daguerre.lifecycle.rollback import roll_back
from tests.fakes import moving
house = moving.house(Path(sys.argv[1]))
while True:
    if house.pointer("candidate"):
        promote_release(house.ws, house.pointer("candidate"), actor="restless", reason="to")
    else:
        roll_back(house.ws, actor="restless", reason="and fro")
    print("moved", flush=True)
"""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running_s3() as endpoint:
        use_s3(monkeypatch, endpoint)
        yield new_bucket(endpoint)


def test_releases_move_and_erode_in_a_bucket_as_in_a_folder(bucket: str, tmp_path: Path) -> None:
    house = moving.house(tmp_path, root=f"s3://{bucket}/root")
    house.land(1)
    old = house.release("old")
    house.fill(old)
    promote_release(house.ws, old.digest, **ANN)
    new = house.candidate("new")
    promote_release(house.ws, new.digest, **ANN)
    roll_back(house.ws, **ANN)
    promote_release(house.ws, new.digest, **ANN)
    assert house.bake(new).what == "baked"
    roll_back(house.ws, alias="previous", **ANN)
    before = sum(info.size for info in house.ws.store.list(f"vectors/{old.space}/"))
    freed = retire(house.ws, old.digest, **ANN)
    assert (freed.rows, freed.bytes) == (12, before)
    assert house.space_files(old.space) == []
    assert catalogue.stored_vectors(house.ws, old.space) is None
    assert catalogue.vectors(house.ws, new.space, new.dim).count() == 12
    assert verify_log(house.ws).pointers["production"].release == new.digest


def test_an_owner_who_is_killed_leaves_no_half_move(tmp_path: Path) -> None:
    house = moving.house(tmp_path)
    house.land(1)
    old = house.release("old")
    house.fill(old)
    promote_release(house.ws, old.digest, **ANN)
    new = house.candidate("new")
    wait = random.Random(7)
    moves = house.state.number
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", RESTLESS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == "moved\n"
        time.sleep(wait.uniform(0.0, 0.4))
        process.kill()
        process.wait()
        process.stdout.close()
        state = verify_log(house.ws)
        aliases = {alias: pointer.release for alias, pointer in state.pointers.items()}
        before, after = (
            {"production": old.digest, "candidate": new.digest},
            {"production": new.digest, "previous": old.digest},
        )
        assert aliases in (before, after)
        assert (state.baking is None) == (aliases == before)
        assert read_routes(house.ws).production.release == aliases["production"]
        assert state.number > moves
        moves = state.number
    kinds = [e.kind for e in read_events(house.ws, "search") if e.actor == "restless"]
    assert kinds == [(EventKind.PROMOTED, EventKind.ROLLED_BACK)[i % 2] for i in range(len(kinds))]
    assert len(kinds) >= KILLS
    if house.pointer("candidate"):
        promote_release(house.ws, new.digest, **ANN)
    assert house.pointer("production") == new.digest
