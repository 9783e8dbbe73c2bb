from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.clock import frozen_clock
from daguerre.quality.experiments import records
from daguerre.quality.experiments.records import (
    AlreadyDecidedError,
    ExperimentClosedError,
    ExperimentError,
    ExperimentNotFoundError,
    OtherSpecError,
)
from daguerre.workspace import Workspace
from tests.fakes.spaces import NOW, workspace

SPEC = {
    "name": "toy",
    "expires": (NOW + timedelta(days=2)).isoformat().replace("+00:00", "Z"),
    "production": {"release": "1" * 64},
    "candidate": {"release": "2" * 64},
}
DATA = {"queries": "a", "candidate": {"version": 1}}


def decided(data: dict[str, object] = DATA, verdict: str = "HOLD", actor: str = "ada") -> dict[str, object]:
    return {"spec": SPEC, "data": data, "decision": {"verdict": verdict, "reason": "so"}, "actor": actor}


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache")


def test_open_until_decided(ws: Workspace) -> None:
    assert records.open_experiments(ws) == []
    records.store_spec(ws, "toy", SPEC)
    (found,) = records.open_experiments(ws)
    assert (found.name, found.releases) == ("toy", ("1" * 64, "2" * 64))
    assert records.find_record(ws, "toy") is None
    with pytest.raises(ExperimentNotFoundError, match="experiments run"):
        records.read_record(ws, "toy")
    records.store_record(ws, "toy", decided())
    assert records.open_experiments(ws) == []
    assert records.names(ws) == ["toy"]


def test_open_until_it_expires(ws: Workspace) -> None:
    records.store_spec(ws, "toy", SPEC)
    later = Workspace(settings=ws.settings, store=ws.store, clock=frozen_clock(NOW + timedelta(days=3)))
    assert records.open_experiments(later) == []


def test_a_spec_never_changes(ws: Workspace) -> None:
    records.store_spec(ws, "toy", SPEC)
    records.store_spec(ws, "toy", dict(reversed(SPEC.items())))
    with pytest.raises(OtherSpecError, match="name of its own"):
        records.store_spec(ws, "toy", SPEC | {"expires": NOW.isoformat()})
    assert records.read_spec(ws, "toy") == SPEC


def test_a_record_is_of_its_data(ws: Workspace) -> None:
    assert records.decided_on(ws, "toy", SPEC, DATA) is None
    made = records.store_record(ws, "toy", decided())
    assert records.decided_on(ws, "toy", SPEC, DATA) == made
    with pytest.raises(AlreadyDecidedError, match=r"HOLD\) on other data: candidate"):
        records.decided_on(ws, "toy", SPEC, DATA | {"candidate": {"version": 2}})
    with pytest.raises(OtherSpecError):
        records.decided_on(ws, "toy", SPEC | {"seed": 1}, DATA)


def test_of_many_who_decide_at_once_one_counts(ws: Workspace) -> None:
    def decide(number: int) -> records.Record:
        return records.store_record(ws, "toy", decided(actor=f"runner {number}"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decide, range(8)))
    assert len({record.sha256 for record in found}) == 1
    with pytest.raises(AlreadyDecidedError):
        records.store_record(ws, "toy", decided(data={"queries": "b"}))


def test_overrides_are_numbered_and_stay(ws: Workspace) -> None:
    with pytest.raises(ExperimentNotFoundError):
        records.override(ws, "toy", "PROMOTE", reason="I say so", actor="bob")
    before = records.store_record(ws, "toy", decided())
    with pytest.raises(ExperimentError, match="without a reason"):
        records.override(ws, "toy", "PROMOTE", reason=" ", actor="bob")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: records.override(ws, "toy", "BLOCK", reason=f"r{n}", actor="bob"), range(4)))
    found = records.overrides(ws, "toy")
    assert [one.number for one in found] == [1, 2, 3, 4]
    assert {one.reason for one in found} == {"r0", "r1", "r2", "r3"}
    assert records.read_record(ws, "toy").sha256 == before.sha256


def test_what_nobody_waits_for_is_closed_once(ws: Workspace) -> None:
    with pytest.raises(ExperimentNotFoundError):
        records.close(ws, "toy", reason="summer is over", actor="ada")
    records.store_spec(ws, "toy", SPEC)
    with pytest.raises(ExperimentError, match="without a reason"):
        records.close(ws, "toy", reason=" ", actor="ada")
    records.check_not_closed(ws, "toy")
    made = records.close(ws, "toy", reason="summer is over", actor="ada")
    assert records.find_closing(ws, "toy") == made
    assert records.open_experiments(ws) == []
    assert records.names(ws) == ["toy"]
    with pytest.raises(ExperimentClosedError, match=r"ada closed it undecided on .*: summer is over"):
        records.close(ws, "toy", reason="autumn is over", actor="bob")
    assert records.find_closing(ws, "toy") == made


def test_what_is_decided_is_not_closed(ws: Workspace) -> None:
    records.store_spec(ws, "toy", SPEC)
    records.store_record(ws, "toy", decided())
    with pytest.raises(AlreadyDecidedError, match=r"toy \(HOLD\).*override"):
        records.close(ws, "toy", reason="so", actor="ada")
