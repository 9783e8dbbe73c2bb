"""Whole experiments on real tables and real, tiny encoders."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.spec import Encoder
from daguerre.index.build import build_index
from daguerre.quality.experiments import records
from daguerre.quality.experiments.planning import Forecast
from daguerre.quality.experiments.records import (
    AlreadyDecidedError,
    ExperimentClosedError,
    ExperimentError,
    OtherSpecError,
)
from daguerre.quality.experiments.spec import ExperimentSpec, IndexSettings, Metric, Side
from daguerre.quality.queries import QUERIES
from daguerre.search.service import SearchService
from daguerre.stages.experiments import plan_experiment, run_experiment, still_stands
from daguerre.stages.search_contest import query_set_digest
from daguerre.storage.ports import Store, StoreUnavailableError
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.colours import Confused, Sides, fill
from tests.fakes.encoders import tiny_encoder
from tests.fakes.spaces import NOW, workspace

METRICS = (
    Metric(name="ndcg_at_10", role="success", mde=0.02, slices=("owner", "class")),
    Metric(name="recall_at_10", role="guardrail", margin=0.02),
    Metric(name="nothing_found", role="guardrail", better="lower", margin=0.05),
    Metric(name="latency_ms", role="diagnostic", better="lower", statistic="p50"),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return tiny_encoder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def encoders(good: OnnxEncoder) -> list[Encoder]:
    return [good, Confused(good, "c" * 64)]


@pytest.fixture
def ws(tmp_path: Path, encoders: list[Encoder]) -> Workspace:
    ws = workspace(tmp_path / "root", tmp_path / "cache")
    fill(ws, encoders)
    return ws


def spec(ws: Workspace, old: Encoder, new: Encoder, /, **changes: object) -> ExperimentSpec:
    facts: dict[str, object] = {
        "name": "colours",
        "hypothesis": "Words mean what they say.",
        "owner": "tests",
        "production": Side(release=old.spec.digest),
        "candidate": Side(release=new.spec.digest),
        "query_set": query_set_digest(ws),
        "metrics": METRICS,
        "expires": NOW + timedelta(days=1),
    }
    return ExperimentSpec(**(facts | changes))


def run(ws: Workspace, asked: ExperimentSpec, encoders: list[Encoder]) -> records.Record:
    return run_experiment(ws, asked, open_service=Sides(ws, encoders), actor="ada")


def files(ws: Workspace) -> list[str]:
    return sorted(info.key.rpartition("/")[2] for info in ws.store.list("experiments/colours/"))


def test_the_encoder_that_understands_words_is_promoted(ws: Workspace, encoders: list[Encoder]) -> None:
    good, confused = encoders
    record = run(ws, spec(ws, confused, good), encoders)
    assert record.verdict == "PROMOTE", record.reason
    content = record.content
    by_id = {query["id"]: query for query in content["queries"]}
    red = by_id["alice-red"]
    assert red["production"]["values"]["ndcg_at_10"] == 0
    assert red["candidate"]["values"]["ndcg_at_10"] == 1
    assert [right for _, _, right in red["candidate"]["shown"][:4]] == [True] * 4
    assert by_id["nothing"]["candidate"]["values"].keys() == {"latency_ms", "recall_vs_exact", "false_answer"}
    assert content["data"]["candidate"]["release"] == good.spec.digest
    assert content["data"]["candidate"]["version"] > 0
    assert content["likeness"]["overlap"] == pytest.approx(1), "both see alike; only words differ"
    assert (content["actor"], content["validity"]["judged_share"]) == ("ada", 1)
    assert files(ws) == ["evidently.html", "evidently.json", "page.html", "record.json", "spec.json"]
    assert not records.open_experiments(ws)


def test_what_a_run_can_see_is_said_before_the_candidate_is_asked(ws: Workspace, encoders: list[Encoder]) -> None:
    told: list[str] = []
    opened = Sides(ws, encoders)

    def noting(side: Side) -> AbstractContextManager[SearchService]:
        told.append(side.release[:4])
        return opened(side)

    def planned(plan: Forecast) -> None:
        told.append(plan.said())

    def nobody(side: Side) -> AbstractContextManager[SearchService]:
        raise AssertionError("an earlier run tells it")

    good, confused = encoders
    first = spec(ws, confused, good)
    record = run_experiment(ws, first, open_service=noting, actor="ada", planned=planned)
    old, new = confused.spec.digest[:4], good.spec.digest[:4]
    assert [told[0], *told[2:]] == [old, old, new]
    plan = record.content["plan"]
    assert told[1].startswith(f"needs about {plan['queries']:,} queries, because of {plan['metric']}; there are ")
    assert plan["source"] == "production's answers alone"
    assert plan["available"] == sum(query["relevant"] > 0 for query in record.content["queries"])
    assert f"about {plan['queries']:,} queries needed for {plan['metric']}" in (
        ws.store.get(records.page_key("colours")).decode()
    )
    again = first.model_copy(update={"name": "again"})
    known = plan_experiment(ws, again, open_service=nobody)
    assert known is not None
    assert known.source == "experiment colours"
    row = next(row for row in record.content["rows"] if row["metric"] == known.metric and row["slice"] == "all")
    assert known.detectable == pytest.approx(row["detectable"], rel=0.2), "what it said of itself afterwards"


def test_the_page_stands_alone_and_shows_pictures(ws: Workspace, encoders: list[Encoder]) -> None:
    good, confused = encoders
    run(ws, spec(ws, good, confused), encoders)
    page = ws.store.get(records.page_key("colours")).decode()
    assert "<div class='verdict BLOCK'>" in page
    assert page.index("verdict BLOCK") < page.index("<h2>Metrics")
    assert "The 18 queries that lost most" in page
    assert not re.search(r"https?://|<script|<link|src=", page)
    assert set(re.findall(r"url\((.{10})", page)) == {"data:image"}
    assert len(re.findall(r"\.p\d+\{background-image", page)) > 20
    assert len(page) < 4_000_000
    drawn = ws.store.get(records.drawn_key("colours")).decode()
    assert "ndcg_at_10" in drawn
    from evidently.core.report import Snapshot

    snapshot = Snapshot.loads(ws.store.get(records.snapshot_key("colours")).decode())
    assert any(test["status"] == "FAIL" for test in snapshot.dict()["tests"])


def test_the_same_data_are_never_decided_twice(ws: Workspace, encoders: list[Encoder]) -> None:
    asked = spec(ws, *encoders)
    first = run(ws, asked, encoders)
    ws.store.delete(records.page_key("colours"))

    def nobody(side: Side) -> None:
        raise AssertionError("nothing has to be opened to find a record")

    again = run_experiment(ws, asked, open_service=nobody, actor="bob")
    assert (again.sha256, again.content["actor"]) == (first.sha256, "ada")
    assert ws.store.exists(records.page_key("colours")), "a page that is missing is drawn again"
    assert still_stands(ws, first)
    with pytest.raises(OtherSpecError):
        run(ws, asked.model_copy(update={"hypothesis": "Another one."}), encoders)


def test_other_data_need_another_experiment(ws: Workspace, encoders: list[Encoder]) -> None:
    asked = spec(ws, *encoders)
    first = run(ws, asked, encoders)
    candidate = encoders[1].spec
    catalogue.vectors(ws, candidate.space, candidate.dim).delete(f"photo_id = '{7:032x}'")
    build_index(ws, candidate.space, candidate.dim)
    with pytest.raises(AlreadyDecidedError, match=r"candidate.*new experiment"):
        run(ws, asked, encoders)
    assert not still_stands(ws, first)
    assert records.read_record(ws, "colours").sha256 == first.sha256


def test_an_incomplete_space_proves_nothing(ws: Workspace, encoders: list[Encoder]) -> None:
    good, confused = encoders
    gone = catalogue.vectors(ws, good.spec.space, good.spec.dim)
    gone.delete("owner_id = 'bob'")
    build_index(ws, good.spec.space, good.spec.dim)
    record = run(ws, spec(ws, confused, good), encoders)
    assert record.verdict == "INVALID"
    assert "embed what is missing first" in record.reason
    assert record.content["validity"]["lost_pairs"] == 1, "bob's photo has no vector to ask with"


class Torn:
    """A store in which this process dies at its n-th write."""

    def __init__(self, store: Store, alive: int) -> None:
        self._store, self._alive = store, alive

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def create(self, name: str, data: bytes) -> None:
        self._die()
        self._store.create(name, data)

    def put(self, name: str, data: bytes) -> None:
        self._die()
        self._store.put(name, data)

    def _die(self) -> None:
        if not self._alive:
            raise StoreUnavailableError("killed")
        self._alive -= 1


@pytest.mark.parametrize(
    ("alive", "left"),
    [
        (0, []),
        (1, ["spec.json"]),
        (2, ["record.json", "spec.json"]),
        (3, ["evidently.json", "record.json", "spec.json"]),
    ],
)
def test_a_kill_leaves_the_spec_or_a_whole_record(
    ws: Workspace, encoders: list[Encoder], alive: int, left: list[str]
) -> None:
    asked = spec(ws, *encoders)
    with pytest.raises(StoreUnavailableError):
        run(replace(ws, store=Torn(ws.store, alive)), asked, encoders)
    assert files(ws) == left
    held = [experiment.releases for experiment in records.open_experiments(ws)]
    assert held == ([tuple(sorted(e.spec.digest for e in encoders))] if left == ["spec.json"] else [])
    assert run(ws, asked, encoders).verdict == "BLOCK"
    assert files(ws) == ["evidently.html", "evidently.json", "page.html", "record.json", "spec.json"]


def test_unjudged_finds_are_counted(ws: Workspace, encoders: list[Encoder]) -> None:
    lines = [json.loads(line) for line in ws.store.get(QUERIES).decode().splitlines()]
    some = [line | {"judged": line["relevant"]} for line in lines]
    ws.store.put(QUERIES, "\n".join(json.dumps(line) for line in some).encode())
    record = run(ws, spec(ws, *encoders), encoders)
    assert record.verdict == "INVALID"
    assert "carry a judgement" in record.reason


def test_two_ways_to_ask_one_index(tmp_path: Path, good: OnnxEncoder) -> None:
    ws = workspace(tmp_path / "root", tmp_path / "cache", ann_rows=1000)
    fill(ws, [good], photos=1200)
    exact = Side(release=good.spec.digest, index=IndexSettings(exact=True))
    quick = Side(release=good.spec.digest, index=IndexSettings(nprobes=1, refine=1))
    metrics = (
        Metric(name="recall_vs_exact", role="success", mde=0.01),
        Metric(name="recall_at_10", role="guardrail", margin=0.02),
    )
    record = run(ws, spec(ws, good, good, production=quick, candidate=exact, metrics=metrics), [good])
    content = record.content
    assert (content["data"]["production"]["ann"], content["data"]["candidate"]["ann"]) == (True, False)
    assert content["likeness"] is None
    values = [query["candidate"]["values"]["recall_vs_exact"] for query in content["queries"]]
    assert values == [1.0] * len(values)
    assert all(0 <= q["production"]["values"]["recall_vs_exact"] <= 1 for q in content["queries"])
    assert "refine 1" in ws.store.get(records.page_key("colours")).decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "interleaving", "cluster": "person"}, "unknown metrics: .*There are preference"),
        ({"query_set": ""}, "leaves open: query_set"),
        ({"query_set": "0" * 64}, "other golden queries"),
        ({"metrics": (Metric(name="delight", role="success", mde=1),)}, "unknown metrics: delight"),
        ({"metrics": (Metric(name="ndcg_at_10", role="success", mde=1, slices=("mood",)),)}, "unknown slices: mood"),
        ({"cluster": "mood"}, "unknown cluster: mood"),
        ({"expires": NOW}, "expired"),
    ],
)
def test_what_golden_queries_cannot_answer_is_refused(
    ws: Workspace, encoders: list[Encoder], changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ExperimentError, match=said):
        run(ws, spec(ws, *encoders, **changes), encoders)
    assert files(ws) == []


def test_what_was_closed_is_not_run(ws: Workspace, encoders: list[Encoder]) -> None:
    asked = spec(ws, *encoders)
    records.store_spec(ws, asked.name, asked.model_dump(mode="json"))
    records.close(ws, asked.name, reason="summer is over", actor="ada")
    with pytest.raises(ExperimentClosedError, match="new experiment"):
        run(ws, asked, encoders)
    assert files(ws) == ["closed.json", "spec.json"]


def test_what_is_closed_meanwhile_is_not_decided(ws: Workspace, encoders: list[Encoder]) -> None:
    asked = spec(ws, *encoders)
    opened = Sides(ws, encoders)

    def closing(side: Side) -> object:
        if records.find_closing(ws, asked.name) is None:
            records.close(ws, asked.name, reason="summer is over", actor="ada")
        return opened(side)

    with pytest.raises(ExperimentClosedError):
        run_experiment(ws, asked, open_service=closing, actor="bob")  # type: ignore[arg-type]
    assert records.find_record(ws, asked.name) is None
