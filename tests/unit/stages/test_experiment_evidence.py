from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.ids import SpaceName
from daguerre.quality.findings import DriftReport, Finding, Status
from daguerre.quality.records import record_key, write_record
from daguerre.stages.experiment_evidence import cost_of, drifted
from daguerre.stages.journal import record
from daguerre.stages.report import StageReport
from daguerre.workspace import Workspace
from tests.fakes.spaces import workspace

SPACE, OTHER = SpaceName("toy-00000000"), SpaceName("toy-11111111")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache")


def embedded(ws: Workspace, batch: str, space: str, photos: int, seconds: float) -> None:
    steps = {"read_s": seconds / 4, "decode_s": seconds / 4, "inference_s": seconds / 2}
    report = StageReport(
        stage="embeddings",
        batch=batch,
        space=space,
        total=photos,
        done=photos,
        fresh=photos,
        seconds=9.0,
        figures=steps,
    )
    record(ws, report)


def test_cost_is_the_work_of_all_batches_of_the_space(ws: Workspace) -> None:
    embedded(ws, "2026-01-01.0001", SPACE, 300, 6.0)
    embedded(ws, "2026-01-02.0002", SPACE, 100, 6.0)
    embedded(ws, "2026-01-01.0001", OTHER, 100, 50.0)
    cost = cost_of(ws, SPACE, [1.0, 2.0, 9.0])
    assert cost == {
        "photos_timed": 400,
        "embedding_s_per_1000": pytest.approx(30),
        "query_ms_mean": pytest.approx(4),
        "query_ms_p50": 2,
    }


def test_nothing_is_known_without_a_journal(ws: Workspace) -> None:
    assert cost_of(ws, SPACE, [])["embedding_s_per_1000"] is None
    assert cost_of(ws, SPACE, [])["query_ms_mean"] is None


def finding(subject: str, status: Status) -> Finding:
    return Finding(subject=subject, method="m", value=0.3, warn_at=0.1, threshold=0.2, status=status, detail="d")


def test_what_drifted_is_what_warns_or_blocks_in_the_newest_batch(ws: Workspace) -> None:
    assert drifted(ws) is None
    for batch, statuses in (("2026-01-01.0001", (Status.BLOCK,)), ("2026-01-02.0002", (Status.OK, Status.WARN))):
        findings = tuple(finding(f"{batch} {status}", status) for status in statuses)
        report = DriftReport(
            batch=batch, verdict=Status.WARN, findings=findings, report_key="", record_key=record_key(batch),
            reference=(), rows_reference=9, rows_current=9, least_rows=2,
        )  # fmt: skip
        write_record(ws.store, report)
    found = drifted(ws)
    assert found is not None
    assert (found["batch"], found["compared"]) == ("2026-01-02.0002", 2)
    assert [f["subject"] for f in found["findings"]] == ["2026-01-02.0002 warn"]
