"""Curation policies over two owners' events whose moments are known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.selection import SelectionRules
from daguerre.quality.experiments.records import ExperimentError
from daguerre.quality.experiments.spec import ExperimentSpec, Metric, Side
from daguerre.stages.curation_contest import PICKS, CurationContest
from daguerre.storage.digest import sha256_hex
from daguerre.telemetry import no_progress
from daguerre.workspace import Workspace

#: Rows of one true event, and of one true moment in it.
_EVENT, _MOMENT = 25, 3


def spec(curation: dict[str, float], query_set: str = "") -> ExperimentSpec:
    return ExperimentSpec(
        name="policies",
        hypothesis="Other moments, other photos.",
        owner="tests",
        production=Side(release="a" * 64),
        candidate=Side(release="a" * 64, curation=curation),
        query_set=query_set,
        metrics=(Metric(name="selection_f1", role="success", mde=0.02),),
        expires=datetime(2027, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def known(ws: Workspace, libraries: dict[str, PhotoColumns], tmp_path: Path) -> Workspace:
    """The workspace with a source that brings the truth: a moment is three photos, the first of them the good one."""
    lines = []
    for owner, photos in libraries.items():
        for at, key in enumerate(photos.source_key):
            event = at // _EVENT
            moment = f"{owner}/{event}/{at % _EVENT // _MOMENT}"
            score = 0.9 if at % _EVENT % _MOMENT == 0 else 0.3
            lines.append({"key": key, "owner_id": owner, "event_id": f"{owner}/{event}", "theme": "walk",
                          "moment_id": moment, "score": score})  # fmt: skip
    hidden = tmp_path / "source" / ".daguerre"
    hidden.mkdir(parents=True)
    (hidden / "queries.jsonl").write_text("")
    (hidden / "truth.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return replace(ws, settings=ws.settings.model_copy(update={"source": str(tmp_path / "source")}))


def test_both_sides_choose_from_every_event(known: Workspace) -> None:
    contest = CurationContest(ws=known, spec=spec({"quality_growth": 0.0}))
    measured = contest.measure(no_progress)
    assert {row["owner"] for row in measured.rows} == {"alice", "o'brien"}
    assert measured.validity.asked == len(measured.rows) >= 10
    for row in measured.rows:
        for side in ("production", "candidate"):
            values = row[side]["values"]
            assert len(row[side]["shown"]) <= PICKS
            assert 0 < values["moments_at_8"] <= 1
            assert 0 <= values["good_at_8"] <= 1
            framed = sum(right for _, _, right in row[side]["shown"])
            assert framed <= row["relevant"] == min(PICKS, 9)
    pairs = measured.pairs["selection_f1"]
    assert len(pairs.query_ids) == len(set(pairs.query_ids)) == len(measured.rows)
    assert pairs.production.tolist() != pairs.candidate.tolist()
    again = CurationContest(ws=known, spec=contest.spec).measure(no_progress)
    assert [row["production"]["shown"] for row in again.rows] == [row["production"]["shown"] for row in measured.rows]


def test_the_data_are_the_truth_the_photos_and_the_rules(known: Workspace) -> None:
    contest = CurationContest(ws=known, spec=spec({"moment_s": 30}))
    data = contest.data({})
    assert data == contest.measure(no_progress).data
    assert data["candidate"]["rules"]["moment_s"] == 30.0
    assert data["production"]["rules"]["moment_s"] == SelectionRules().moment_s != 30.0
    assert (data["production"]["space"], data["candidate"]["space"]) == ("usual rules", "moment_s 30")
    truth = Path(known.settings.source) / ".daguerre/truth.jsonl"
    assert contest.query_set() == sha256_hex(truth.read_bytes())


def test_what_cannot_be_judged_is_refused(ws: Workspace, known: Workspace) -> None:
    with pytest.raises(ExperimentError, match="nobody knows the right choices"):
        CurationContest(ws=ws, spec=spec({"moment_s": 30})).query_set()
    with pytest.raises(ExperimentError, match=r"unknown settings of curation: mood\. There are moment_s"):
        CurationContest(ws=known, spec=spec({"mood": 1})).data({})
    with pytest.raises(ExperimentError, match="no number"):
        CurationContest(ws=known, spec=spec({"moment_s": "soon"})).data({})
