"""Experiments about releases: two releases are opened, compared, and the log says what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

from daguerre.errors import NotFoundError
from daguerre.index.snapshot import read_snapshot
from daguerre.lifecycle.moves import MoveError, spec_of
from daguerre.quality.experiments import records
from daguerre.quality.experiments.decision import Verdict
from daguerre.quality.experiments.planning import Forecast
from daguerre.quality.experiments.records import ExperimentError, Override, Record
from daguerre.quality.experiments.spec import ExperimentSpec, Metric, Side, load_spec
from daguerre.registry.events import EventKind
from daguerre.registry.log import read_state, record
from daguerre.registry.state import CANDIDATE, PRODUCTION, State
from daguerre.search.service import SearchService
from daguerre.serving.opening import open_encoder
from daguerre.stages.experiment_asking import asked_snapshot
from daguerre.stages.experiment_page import publish_page
from daguerre.stages.experiments import (
    Planned,
    plan_experiment,
    query_set_of,
    run_experiment,
    still_stands,
    untold,
)
from daguerre.stages.log_contest import Log
from daguerre.stages.search_contest import query_set_digest
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

#: How long an experiment that nobody runs keeps its releases from being retired.
_LASTS = timedelta(days=30)
_SLICES = ("owner", "class")


def run_release_experiment(
    ws: Workspace,
    source: Path | bytes | ExperimentSpec,
    *,
    actor: str,
    log: Log | None = None,
    planned: Planned = untold,
    progress: ProgressSink = no_progress,
) -> Record:
    """Run an experiment, or find it decided already, and say so in the log of the candidate's release.

    What the spec leaves open is filled in: the releases that the aliases name, the golden queries that there are; or
    what was filled in when the experiment was begun. An experiment within one release leaves the log as it is.

    Raises:
        SpecError, ExperimentError, InteractionError: the spec or the log cannot be read or run.
        AlreadyDecidedError: it was decided on other data.
        SnapshotNotFoundError: a side's space has no index.
        ServerMissingError, ServerUnavailableError, ...: a side cannot be opened.
    """
    spec = fill(ws, source if isinstance(source, ExperimentSpec) else load_spec(source))
    if records.find_record(ws, spec.name) is None:
        _check_sides(ws, spec)
    decided = run_experiment(
        ws, spec, open_service=partial(open_side, ws), actor=actor, log=log, planned=planned, progress=progress
    )
    made = datetime.fromisoformat(decided.content["at"])
    _tell(ws, decided, decided.verdict, actor=decided.content["actor"], reason=decided.reason, at=made)
    return decided


def plan_release_experiment(ws: Workspace, spec: ExperimentSpec) -> Forecast | None:
    """Return what a run of a spec could see here; only production is opened. Raises as running it does."""
    return plan_experiment(ws, fill(ws, spec), open_service=partial(open_side, ws))


def override_experiment(ws: Workspace, name: str, verdict: str, *, actor: str, reason: str) -> Override:
    """Put a person's verdict beside the record's, on the page and in the log.

    Raises:
        ExperimentNotFoundError: there is no decision to override.
        ExperimentError: no such verdict, or no reason.
    """
    if verdict not in {*Verdict} or verdict == Verdict.INVALID:
        raise ExperimentError(f"{verdict!r} is no verdict of a person", fix="PROMOTE, HOLD or BLOCK.")
    decided = records.read_record(ws, name)
    made = records.override(ws, name, verdict, reason=reason, actor=actor)
    publish_page(ws, decided)
    _tell(ws, decided, verdict, actor=actor, reason=reason, at=made.at, override=made.number)
    return made


def default_spec(ws: Workspace, candidate: str, *, owner: str = "model owners") -> ExperimentSpec:
    """Return the experiment that a change of model has to pass when nobody wrote a better one.

    The same data give the same experiment, decided or not; after a change of data it is the next by number.

    Raises:
        MoveError: nothing is in production, or the candidate is.
    """
    state = read_state(ws)
    production = _pointed(state, PRODUCTION)
    if production == candidate:
        raise MoveError(f"{candidate[:12]} is in production", fix="An experiment compares another release with it.")
    base = f"model-{candidate[:8]}-for-{production[:8]}"
    for number in count(1):
        name = base if number == 1 else f"{base}-{number}"
        decided, begun = records.find_record(ws, name), _begun(ws, name)
        if decided is None and begun and records.find_closing(ws, name):
            continue
        if decided is None and (begun is None or ws.clock() < begun.expires):
            break
        if decided and still_stands(ws, decided):
            break
    if begun:
        return begun
    return ExperimentSpec(
        name=name,
        hypothesis=f"Release {candidate[:12]} finds what people ask for better than {production[:12]}, as fast.",
        owner=owner,
        production=Side(release=production),
        candidate=Side(release=candidate),
        query_set=query_set_digest(ws),
        metrics=(
            Metric(name="ndcg_at_10", role="success", mde=0.02, slices=_SLICES),
            Metric(name="recall_at_10", role="guardrail", margin=0.02, slices=_SLICES),
            Metric(name="latency_ms", role="guardrail", better="lower", margin=0.5, relative=True, statistic="p50"),
            Metric(name="nothing_found", role="guardrail", better="lower", margin=0.05, slices=_SLICES),
            Metric(name="recall_vs_exact", role="diagnostic"),
            Metric(name="false_answer", role="diagnostic", better="lower"),
            Metric(name="reciprocal_rank", role="diagnostic"),
        ),
        expires=ws.clock() + _LASTS,
    )


def fill(ws: Workspace, spec: ExperimentSpec) -> ExperimentSpec:
    """Return the spec with every digest that it leaves open filled in. Raises MoveError: an alias points nowhere."""
    begun = _begun(ws, spec.name)
    changes: dict[str, object] = {}
    # Policies of curation are compared within one release.
    for name, alias in (("production", PRODUCTION), ("candidate", PRODUCTION if _curates(spec) else CANDIDATE)):
        side: Side = getattr(spec, name)
        if not side.release:
            release = getattr(begun, name).release if begun else _pointed(read_state(ws), alias)
            changes[name] = side.model_copy(update={"release": release})
    if not spec.query_set:
        changes["query_set"] = begun.query_set if begun else query_set_of(ws, spec)
    return ExperimentSpec.model_validate(spec.model_copy(update=changes).model_dump())


@contextmanager
def open_side(ws: Workspace, side: Side) -> Iterator[SearchService]:
    """Open a side's release and the published snapshot of its space, asked as the side says."""
    with open_encoder(ws, side.release) as encoder:
        snapshot = read_snapshot(ws, encoder.spec.space)
        yield SearchService(ws, encoder, asked_snapshot(snapshot, side.index))


def _check_sides(ws: Workspace, spec: ExperimentSpec) -> None:
    """Raise when a side is not there: an experiment that cannot run must not keep its releases."""
    if _curates(spec):
        return
    spaces = [spec_of(ws, side.release).space for side in (spec.production, spec.candidate)]
    if spec.kind == "offline":
        for space in spaces:
            read_snapshot(ws, space)


def _curates(spec: ExperimentSpec) -> bool:
    return bool(spec.production.curation or spec.candidate.curation)


def _begun(ws: Workspace, name: str) -> ExperimentSpec | None:
    try:
        return ExperimentSpec.model_validate(records.read_spec(ws, name))
    except NotFoundError:
        return None


def _pointed(state: State, alias: str) -> str:
    pointer = state.pointers.get(alias)
    if pointer is None:
        raise MoveError(f"no release is {alias}", fix="Name the release in the spec, or see `daguerre models list`.")
    return pointer.release


def _tell(
    ws: Workspace, decided: Record, verdict: str, *, actor: str, reason: str, at: datetime, override: int = 0
) -> None:
    """Record the decision, unless the log knows a later one already: finding an old record again decides nothing."""
    data = decided.content["data"]
    release = data["candidate"]["release"]
    if data["production"]["release"] == release:
        return
    evidence = {
        "experiment": decided.name,
        "uri": decided.key,
        "sha256": decided.sha256,
        "verdict": verdict,
        "production": data["production"]["release"],
        "at": at.isoformat(),
        "override": override,
    }

    def allow(state: State) -> bool:
        known = state.releases[release].decision
        return known is None or datetime.fromisoformat(known["at"]) < at

    record(ws, EventKind.DECIDED, release, actor=actor, reason=reason, allow=allow, evidence=evidence)
