"""The stage that runs an experiment: both sides answer the same questions, and the verdict is kept for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from daguerre import __version__
from daguerre.quality.experiments import records
from daguerre.quality.experiments.decision import Verdict, decide
from daguerre.quality.experiments.judge import judge
from daguerre.quality.experiments.planning import Forecast, forecast, spreads_of_record
from daguerre.quality.experiments.records import AlreadyDecidedError, ExperimentError, ExperimentNotFoundError, Record
from daguerre.quality.experiments.spec import ExperimentSpec, Side
from daguerre.stages.contest import Contest
from daguerre.stages.curation_contest import CurationContest
from daguerre.stages.experiment_asking import OpenService
from daguerre.stages.experiment_evidence import drifted
from daguerre.stages.experiment_page import publish_page
from daguerre.stages.log_contest import Log, LogContest
from daguerre.stages.search_contest import SearchContest
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

#: Says which code measured; it is kept in the record.
CODE_VERSION = "experiments-2"

#: Is told what a run can see, before the candidate is asked.
Planned = Callable[[Forecast], None]


def untold(_: Forecast) -> None:
    """Tell nobody."""


def run_experiment(
    ws: Workspace,
    spec: ExperimentSpec,
    *,
    open_service: OpenService,
    actor: str,
    log: Log | None = None,
    planned: Planned = untold,
    progress: ProgressSink = no_progress,
) -> Record:
    """Say what the run can see, ask both sides every question, judge, decide, and keep record and page.

    The same spec on the same data gives the record that there is already. An experiment that people decide needs the
    log of what they did, unless it is decided already. A process that dies leaves the spec, and
    the same call runs the experiment.

    Raises:
        ExperimentError: the spec asks for what cannot be measured here, or has expired.
        InteractionError: the log cannot be read.
        AlreadyDecidedError: it was decided on other data.
        ExperimentClosedError: somebody closed it undecided.
        OtherSpecError: another spec has that name.
    """
    contest = _contest(ws, spec, open_service, log)
    _check(spec, contest)
    described = _described(ws, spec)
    if record := _decided(ws, contest, spec.name, described):
        if not ws.store.exists(records.page_key(spec.name)):
            publish_page(ws, record)
        return record
    if log is None and spec.kind != "offline":
        raise ExperimentError(
            f"{spec.name} is of kind {spec.kind}",
            fix="Give what people did: `daguerre experiments run SPEC --log FILE`.",
        )
    if ws.clock() >= spec.expires:
        raise ExperimentError(f"{spec.name} expired on {spec.expires:%Y-%m-%d}", fix="Make a new experiment.")
    records.check_not_closed(ws, spec.name)
    records.store_spec(ws, spec.name, described)
    foreseen = _foresee(ws, spec, contest)
    if foreseen:
        planned(foreseen)
    content = _content(ws, spec, contest, progress) | {"plan": asdict(foreseen) if foreseen else None}
    records.check_not_closed(ws, spec.name)  # its releases may have gone meanwhile
    record = records.store_record(ws, spec.name, {**content, "spec": described, "actor": actor})
    publish_page(ws, record)
    return record


def plan_experiment(ws: Workspace, spec: ExperimentSpec, *, open_service: OpenService) -> Forecast | None:
    """Return what a run of the spec could see, None when nothing is known; only production is asked.

    Raises:
        ExperimentError: the spec asks for what cannot be measured here.
    """
    contest = _contest(ws, spec, open_service)
    _check(spec, contest)
    return _foresee(ws, spec, contest)


def still_stands(ws: Workspace, record: Record) -> bool:
    """Say whether running the experiment again would meet the data that it was decided on."""
    spec = ExperimentSpec.model_validate(record.content["spec"])
    contest = _contest(ws, spec, _nobody)
    if contest.query_set() != spec.query_set:
        return False
    try:
        return _decided(ws, contest, record.name, record.content["spec"]) is not None
    except AlreadyDecidedError:
        return False


def query_set_of(ws: Workspace, spec: ExperimentSpec) -> str:
    """Return the digest of the questions that an experiment would ask here; empty when there are none."""
    return _contest(ws, spec, _nobody).query_set()


def _foresee(ws: Workspace, spec: ExperimentSpec, contest: Contest) -> Forecast | None:
    """Plan with an earlier run of the same two sides, else with what production answers alone."""
    earlier = _earlier(ws, spec)
    spreads = spreads_of_record(spec, earlier.content["queries"]) if earlier else {}
    if earlier and spreads:
        return forecast(spec, spreads, source=f"experiment {earlier.name}")
    return forecast(spec, contest.foresee(), source=contest.learnt_from)


def _earlier(ws: Workspace, spec: ExperimentSpec) -> Record | None:
    """Return the last valid experiment of the same kind about the same two sides."""
    wanted = {name: spec.model_dump(mode="json")[name] for name in ("kind", "cluster", "production", "candidate")}
    like = [
        name
        for name in records.names(ws)
        if name != spec.name and wanted.items() <= records.read_spec(ws, name).items()
    ]
    found = [record for name in like if (record := records.find_record(ws, name)) and record.verdict != Verdict.INVALID]
    return max(found, key=lambda record: datetime.fromisoformat(record.content["at"]), default=None)


def _nobody(side: Side) -> Any:
    raise ExperimentError(f"{side.release[:12]} is not to be opened")


def _contest(ws: Workspace, spec: ExperimentSpec, open_service: OpenService, log: Log | None = None) -> Contest:
    if spec.kind != "offline":
        return LogContest(spec=spec, log=log)
    if log is not None:
        raise ExperimentError(f"{spec.name} is of kind offline", fix="Golden queries are asked; leave the log away.")
    if spec.production.curation or spec.candidate.curation:
        return CurationContest(ws=ws, spec=spec)
    return SearchContest(ws=ws, spec=spec, open_service=open_service)


def _check(spec: ExperimentSpec, contest: Contest) -> None:
    if spec.unfilled:
        raise ExperimentError(
            f"{spec.name} leaves open: {', '.join(spec.unfilled)}",
            fix="Name the releases; golden queries come with the source, in .daguerre/queries.jsonl.",
        )
    allowed = contest.metrics
    if unknown := sorted({metric.name for metric in spec.metrics} - set(allowed)):
        raise ExperimentError(f"unknown metrics: {', '.join(unknown)}", fix=f"There are {', '.join(allowed)}.")
    if spec.cluster not in contest.clusters:
        raise ExperimentError(f"unknown cluster: {spec.cluster}", fix=f"There are {', '.join(contest.clusters)}.")
    dimensions = {name for metric in spec.metrics for name in metric.slices}
    if missing := sorted(dimensions - set(contest.slices)):
        raise ExperimentError(f"unknown slices: {', '.join(missing)}", fix=f"There are {', '.join(contest.slices)}.")
    if (found := contest.query_set()) != spec.query_set:
        raise ExperimentError(
            f"{spec.name} is about other golden queries than those of this installation",
            fix=f"Those here are query_set: {found}",
        )


def _described(ws: Workspace, spec: ExperimentSpec) -> dict[str, Any]:
    """Return the spec as it is stored, when a version that knew fewer keys stored it and it says the same."""
    try:
        stored = records.read_spec(ws, spec.name)
    except ExperimentNotFoundError:
        return spec.model_dump(mode="json")
    return stored if ExperimentSpec.model_validate(stored) == spec else spec.model_dump(mode="json")


def _decided(ws: Workspace, contest: Contest, name: str, described: dict[str, Any]) -> Record | None:
    """Return the record of this spec on the data that there are now. Nothing is opened to find that out."""
    record = records.find_record(ws, name)
    if record is None:
        return None
    return records.decided_on(ws, name, described, dict(contest.data(record.content["data"])))


def _content(ws: Workspace, spec: ExperimentSpec, contest: Contest, progress: ProgressSink) -> dict[str, Any]:
    measured = contest.measure(progress)
    judgement = judge(spec, measured.pairs, measured.validity)
    decision = decide(spec, judgement)
    return {
        "name": spec.name,
        "spec_digest": spec.digest,
        "data": measured.data,
        "code": {"daguerre": __version__, "experiments": CODE_VERSION},
        "at": ws.clock().isoformat(),
        "run_id": ws.run_id,
        "decision": {
            "verdict": decision.verdict.value,
            "reason": decision.reason,
            "queries_needed": decision.queries_needed,
        },
        "rows": [asdict(row) for row in judgement.rows],
        "faults": list(judgement.faults),
        "validity": asdict(measured.validity) | {"judged_shares": measured.judged_shares},
        "metrics": contest.metrics,
        "queries": measured.rows,
        "likeness": measured.likeness,
        "cost": measured.cost,
        "drift": drifted(ws),
    }
