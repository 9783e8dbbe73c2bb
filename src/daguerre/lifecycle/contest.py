"""A candidate beside production on the server that answers people: loaded, proven, compared, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from daguerre.encoders.release import Release
from daguerre.encoders.spec import EncoderError
from daguerre.lifecycle.agreement import AGREEMENT, agreement_gate, ask_agreement
from daguerre.lifecycle.gate import GateResult, measured, not_run
from daguerre.lifecycle.speed import CandidateFailedError, race
from daguerre.lifecycle.speed_gates import LATENCY, THROUGHPUT, latency_gate, speed_figures, throughput_gate
from daguerre.registry.policy import ValidationLimits
from daguerre.serving.calls import Cause, Patience, ServerFailure, ServerUnavailableError, persist
from daguerre.serving.client import Client
from daguerre.serving.loading import load_and_prove, unload_release
from daguerre.serving.repository import GRAPHS, model_name, publish
from daguerre.serving.server import local_server
from daguerre.serving.triton_encoder import Limits, TritonEncoder
from daguerre.workspace import Workspace

SERVES = "serves"
NEIGHBOURS = "neighbours"
CONTEST_GATES = (SERVES, AGREEMENT, THROUGHPUT, LATENCY, NEIGHBOURS)

#: A candidate that takes longer for one request fails; production waits for its cores meanwhile.
_MOST_DEADLINE_S = 20.0
_BATCHES = (1, 8)
#: A machine that is busy answers a new connection late; that is no reason to give up a validation.
_PATIENCE = Patience(away_s=30.0)


def contest(
    ws: Workspace, release: Release, production: Release | None, limits: ValidationLimits
) -> tuple[list[GateResult], dict[str, Any]]:
    """Serve the candidate beside production; return the verdicts of `CONTEST_GATES` and all figures.

    What was not loaded before is not loaded afterwards, whatever happens in between.

    Raises:
        ServerUnavailableError, ServerMissingError, ServerStartError: the server's fault, not the candidate's.
        EncoderError: production does not load or answer, which is not the candidate's fault either.
    """
    with local_server(ws) as server, _as_found(server.url, [release, *([production] if production else [])]) as before:
        if production:
            publish(ws, production)
            _prove(server.url, production)
        try:
            publish(ws, release)
            cosine = _prove(server.url, release)
        except ServerUnavailableError:
            raise
        except EncoderError as e:
            gates = [GateResult(name=SERVES, passed=False, limit=limits.min_cosine, said=str(e))]
            gates += [not_run(name, "the server does not serve it") for name in (AGREEMENT, THROUGHPUT, LATENCY)]
            return [*gates, _neighbours(server.url, before, production)], {}
        said = f"loaded and proven on the server, cosine {cosine:.6f}"
        gates = [measured(SERVES, passed=cosine >= limits.min_cosine, value=cosine, limit=limits.min_cosine, said=said)]
        asked, figures = _compare(ws, server.url, release, production, limits)
        return [*gates, *asked, _neighbours(server.url, before, production)], figures


def _compare(
    ws: Workspace, url: str, release: Release, production: Release | None, limits: ValidationLimits
) -> tuple[list[GateResult], dict[str, Any]]:
    batch = ws.settings.inference_batch
    with ExitStack() as stack:
        mine = stack.enter_context(_encoder(ws, url, release))
        theirs = stack.enter_context(_encoder(ws, url, production)) if production else None
        try:
            speed = race(mine, theirs, batches=(*_BATCHES, batch))
        except CandidateFailedError as e:
            gates = [
                GateResult(name=THROUGHPUT, passed=False, limit=limits.min_throughput_ratio, said=str(e)),
                GateResult(name=LATENCY, passed=False, limit=limits.max_latency_ratio, said=str(e)),
            ]
            return [not_run(AGREEMENT, "it does not answer in time"), *gates], {}
        gates = [throughput_gate(speed, limits.min_throughput_ratio), latency_gate(speed, limits.max_latency_ratio)]
        if theirs is None:
            said = "nothing to compare with: there is no other release in production"
            return [GateResult(name=AGREEMENT, passed=True, said=said), *gates], speed_figures(speed)
        areas = ask_agreement(ws, mine, theirs, seed=ws.settings.seed)
        return [agreement_gate(areas), *gates], speed_figures(speed) | {"agreement": areas.tolist()}


@contextmanager
def _encoder(ws: Workspace, url: str, release: Release) -> Iterator[TritonEncoder]:
    deadline = min(ws.settings.inference_deadline_s, _MOST_DEADLINE_S)
    limits = Limits(batch=release.spec.max_batch, in_flight=1, deadline_s=deadline)

    def load_again() -> str:
        """Undo what somebody else unloaded, who validates the same release or retires it."""
        _prove(url, release)
        return url

    encoder = TritonEncoder(release, url, limits=limits, patience=_PATIENCE, recover=load_again)
    try:
        yield encoder
    finally:
        encoder.close()


def _neighbours(url: str, before: set[str], production: Release | None) -> GateResult:
    """Ask whether the server is as well as it was: everything ready that was, production answering as it should."""
    lost = sorted(before - _ready(url))
    if lost:
        said = f"no longer ready: {', '.join(lost)}"
        return GateResult(name=NEIGHBOURS, passed=False, value=float(len(lost)), limit=0.0, said=said)
    said = f"{len(before)} models are as ready as before"
    if production:
        try:
            cosine = _prove(url, production)
        except ServerUnavailableError:
            raise
        except EncoderError as e:
            return GateResult(name=NEIGHBOURS, passed=False, said=f"production: {e}")
        said += f"; production answers with cosine {cosine:.6f}"
    return GateResult(name=NEIGHBOURS, passed=True, value=0.0, limit=0.0, said=said)


def _prove(url: str, release: Release) -> float:
    """Load a release and return its smallest cosine to the golden vectors; raises as `load_and_prove` does."""

    def request() -> float:
        try:
            return load_and_prove(url, release, patience=_PATIENCE)
        except ServerUnavailableError as e:
            raise ServerFailure(Cause.AWAY, str(e)) from e

    return persist(request, patience=_PATIENCE)


@contextmanager
def _as_found(url: str, releases: list[Release]) -> Iterator[set[str]]:
    """Yield the models that are ready, and unload in the end which of the releases were not."""
    before = _ready(url)
    try:
        yield before
    finally:
        for release in releases:
            if not before.issuperset(model_name(role, release.spec.digest) for role in GRAPHS):
                with suppress(EncoderError):
                    unload_release(url, release)


def _ready(url: str) -> set[str]:
    client = Client(url)
    try:
        return persist(client.ready_models, patience=_PATIENCE)
    finally:
        client.close()
