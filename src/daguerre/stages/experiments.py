"""The stage that runs an experiment: both sides answer the golden queries, and the verdict is kept for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from daguerre import __version__
from daguerre.index.snapshot import Snapshot, find_snapshot
from daguerre.quality.experiments import records
from daguerre.quality.experiments.decision import decide
from daguerre.quality.experiments.judge import judge
from daguerre.quality.experiments.measuring import (
    METRICS,
    SLICES,
    Side,
    askable,
    judged_share,
    measure,
    pair,
    query_row,
)
from daguerre.quality.experiments.records import AlreadyDecidedError, ExperimentError, ExperimentNotFoundError, Record
from daguerre.quality.experiments.spec import ExperimentSpec, IndexSettings
from daguerre.quality.experiments.validity import Validity
from daguerre.quality.queries import QUERIES, GoldenQuery, find_in_source, load_queries
from daguerre.search.abstention import read_abstention
from daguerre.stages.experiment_asking import Opened, OpenService, ask_both, asked_snapshot
from daguerre.stages.experiment_evidence import cost_of, drifted, likeness_of
from daguerre.stages.experiment_page import publish_page
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

#: Says which code measured; it is kept in the record.
CODE_VERSION = "experiments-1"
_SIDES = ("production", "candidate")


def run_experiment(
    ws: Workspace, spec: ExperimentSpec, *, open_service: OpenService, actor: str, progress: ProgressSink = no_progress
) -> Record:
    """Ask every golden query on both sides, judge, decide, and keep record and page.

    The same spec on the same data gives the record that there is already. A process that dies leaves the spec, and
    the same call runs the experiment.

    Raises:
        ExperimentError: the spec asks for what golden queries cannot measure, or has expired.
        AlreadyDecidedError: it was decided on other data.
        OtherSpecError: another spec has that name.
    """
    _check(spec)
    if (found := query_set_digest(ws)) != spec.query_set:
        raise ExperimentError(
            f"{spec.name} is about other golden queries than those of this installation",
            fix=f"Those here are query_set: {found}",
        )
    queries = askable(load_queries(ws))
    described = _described(ws, spec)
    if record := _decided(ws, spec, described, queries):
        if not ws.store.exists(records.page_key(spec.name)):
            publish_page(ws, record)
        return record
    if ws.clock() >= spec.expires:
        raise ExperimentError(f"{spec.name} expired on {spec.expires:%Y-%m-%d}", fix="Make a new experiment.")
    records.store_spec(ws, spec.name, described)
    content = _content(ws, spec, queries, open_service, actor, progress)
    record = records.store_record(ws, spec.name, {**content, "spec": described})
    publish_page(ws, record)
    return record


def still_stands(ws: Workspace, record: Record) -> bool:
    """Say whether running the experiment again would meet the data that it was decided on."""
    spec = ExperimentSpec.model_validate(record.content["spec"])
    if query_set_digest(ws) != spec.query_set:
        return False
    try:
        return _decided(ws, spec, record.content["spec"], askable(load_queries(ws))) is not None
    except AlreadyDecidedError:
        return False


def query_set_digest(ws: Workspace) -> str:
    """Return the sha256 of the golden queries of this installation; empty when it has none."""
    try:
        return sha256_hex(ws.store.get(QUERIES))
    except ObjectNotFoundError:
        load_queries(ws, find_in_source(ws))
    try:
        return sha256_hex(ws.store.get(QUERIES))
    except ObjectNotFoundError:
        return ""


def _described(ws: Workspace, spec: ExperimentSpec) -> dict[str, Any]:
    """Return the spec as it is stored, when a version that knew fewer keys stored it and it says the same."""
    try:
        stored = records.read_spec(ws, spec.name)
    except ExperimentNotFoundError:
        return spec.model_dump(mode="json")
    return stored if ExperimentSpec.model_validate(stored) == spec else spec.model_dump(mode="json")


def _check(spec: ExperimentSpec) -> None:
    if spec.kind != "offline":
        raise ExperimentError(f"{spec.name} is of kind {spec.kind}", fix="Golden queries answer kind offline.")
    if spec.unfilled:
        raise ExperimentError(
            f"{spec.name} leaves open: {', '.join(spec.unfilled)}",
            fix="Name the releases; golden queries come with the source, in .daguerre/queries.jsonl.",
        )
    if spec.production.curation or spec.candidate.curation:
        raise ExperimentError(
            f"{spec.name} compares curation policies",
            fix="Golden queries ask for photos; compare releases or index settings.",
        )
    unknown = sorted({metric.name for metric in spec.metrics} - set(METRICS))
    if unknown:
        raise ExperimentError(f"unknown metrics: {', '.join(unknown)}", fix=f"There are {', '.join(METRICS)}.")
    dimensions = {spec.cluster, *(name for metric in spec.metrics for name in metric.slices)}
    if missing := sorted(dimensions - set(SLICES)):
        raise ExperimentError(f"unknown slices: {', '.join(missing)}", fix=f"There are {', '.join(SLICES)}.")


def _decided(
    ws: Workspace, spec: ExperimentSpec, described: dict[str, Any], queries: Sequence[GoldenQuery]
) -> Record | None:
    """Return the record of this spec on the data that there are now. Nothing is opened to find that out."""
    record = records.find_record(ws, spec.name)
    if record is None:
        return None
    now = {}
    for name, side in zip(_SIDES, (spec.production, spec.candidate), strict=True):
        snapshot = find_snapshot(ws, record.content["data"][name]["space"])
        now[name] = asked_snapshot(snapshot, side.index) if snapshot else None
    return records.decided_on(ws, spec.name, described, _data(ws, spec, queries, now))


def _content(
    ws: Workspace,
    spec: ExperimentSpec,
    queries: Sequence[GoldenQuery],
    open_service: OpenService,
    actor: str,
    progress: ProgressSink,
) -> dict[str, Any]:
    with ExitStack() as open_sides:
        sides = {}
        for name, side in zip(_SIDES, (spec.production, spec.candidate), strict=True):
            service = open_sides.enter_context(open_service(side))
            exact = None
            if service.snapshot.ann and any(query.owner_id is None for query in queries):
                flat = side.model_copy(update={"index": IndexSettings(exact=True)})
                exact = open_sides.enter_context(open_service(flat))
            sides[name] = Opened(service=service, exact=exact)
        snapshots = {name: side.service.snapshot for name, side in sides.items()}
        asked = ask_both(sides, queries, name=spec.name, progress=progress)
    values = {name: measure(queries, side) for name, side in asked.items()}
    judgement = judge(
        spec,
        pair(queries, values["production"], values["candidate"], cluster=spec.cluster),
        _validity(spec, queries, asked, snapshots),
    )
    decision = decide(spec, judgement)
    return {
        "name": spec.name,
        "spec_digest": spec.digest,
        "data": _data(ws, spec, queries, snapshots),
        "code": {"daguerre": __version__, "experiments": CODE_VERSION},
        "actor": actor,
        "at": ws.clock().isoformat(),
        "run_id": ws.run_id,
        "decision": {
            "verdict": decision.verdict.value,
            "reason": decision.reason,
            "queries_needed": decision.queries_needed,
        },
        "rows": [asdict(row) for row in judgement.rows],
        "faults": list(judgement.faults),
        "validity": asdict(judgement.validity)
        | {"judged_shares": {name: judged_share(queries, side) for name, side in asked.items()}},
        "queries": [query_row(query, asked, values) for query in queries],
        "likeness": likeness_of(ws, snapshots["production"], snapshots["candidate"]),
        "cost": {name: cost_of(ws, snapshots[name].space, asked[name]) for name in _SIDES},
        "drift": drifted(ws),
    }


def _validity(
    spec: ExperimentSpec, queries: Sequence[GoldenQuery], asked: Mapping[str, Side], snapshots: Mapping[str, Snapshot]
) -> Validity:
    rows = {name: snapshot.rows for name, snapshot in snapshots.items()}
    problems = []
    if abs(rows["production"] - rows["candidate"]) > spec.lost_max * max(rows.values()):
        problems.append(
            f"production searches {rows['production']:,} photos and the candidate {rows['candidate']:,}: "
            "embed what is missing first"
        )
    return Validity(
        asked=len(queries),
        lost_pairs=sum(any(asked[name][query.id].lost for name in _SIDES) for query in queries),
        judged_share=min(judged_share(queries, side) for side in asked.values()),
        problems=tuple(problems),
    )


def _data(
    ws: Workspace, spec: ExperimentSpec, queries: Sequence[GoldenQuery], snapshots: Mapping[str, Snapshot | None]
) -> dict[str, Any]:
    """Return what the verdict is about, by digest and version: whatever changes here makes another experiment."""
    resolved = [[q.id, q.photo_id, sorted(q.relevant), sorted(q.judged or ())] for q in queries]
    return {
        "queries": spec.query_set,
        "right_answers": sha256_hex(canonical_json(resolved)),
        "production": _side_data(ws, spec.production.release, snapshots["production"]),
        "candidate": _side_data(ws, spec.candidate.release, snapshots["candidate"]),
    }


def _side_data(ws: Workspace, release: str, snapshot: Snapshot | None) -> dict[str, Any] | None:
    if snapshot is None:
        return None
    fields = ("space", "version", "rows", "ann", "partitions", "nprobes", "refine")
    abstention = read_abstention(ws, snapshot.space)
    threshold = abstention.threshold if abstention else None
    return {"release": release, "threshold": threshold, **{field: getattr(snapshot, field) for field in fields}}
