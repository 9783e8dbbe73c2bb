"""Measuring two encoders against each other: the same questions in turn, in one run, on one server.

A machine is never as fast twice, so what is compared is not two runs but neighbours in time: a disturbance meets both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from daguerre.encoders.reference import pictures
from daguerre.encoders.spec import Encoder, EncoderError
from daguerre.serving.calls import ServerUnavailableError

#: Times that one text is asked of each; the 99th percentile of so few is nearly the worst.
_TEXTS = 100
#: Rounds of one batch size: no fewer, no more, and in between as long as there is time.
_LEAST_ROUNDS, _MOST_ROUNDS, _ROUNDS_S = 4, 12, 10.0


class CandidateFailedError(EncoderError):
    """A candidate does not answer while it is measured."""


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Seconds per call, call i of both right after one another; `production` is empty when there is none.

    Attributes:
        rows: Inputs of one call.
    """

    rows: int
    candidate: tuple[float, ...]
    production: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What was measured: one text a call, and pictures by rows of a call."""

    text: Turns
    images: Mapping[int, Turns]


def race(
    candidate: Encoder,
    production: Encoder | None,
    *,
    batches: tuple[int, ...],
    now: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Ask both in turn; who begins changes from round to round.

    Raises:
        CandidateFailedError: the candidate refuses, fails or exceeds its deadline.
        ServerUnavailableError: the server is away, which says nothing about the candidate.
    """
    texts = [f"a photo of a red house number {i}" for i in range(_TEXTS)]
    text = _take_turns(candidate, production, lambda e, i: e.embed_texts([texts[i]]), rows=1, rounds=_TEXTS, now=now)
    images: dict[int, Turns] = {}
    for rows in sorted({min(n, candidate.spec.max_batch) for n in batches}):
        asked = {e.spec.digest: _crowd(e, rows) for e in (candidate, production) if e}
        images[rows] = _take_turns(
            candidate, production, lambda e, _, asked=asked: e.embed_images(asked[e.spec.digest]),  # type: ignore[misc]
            rows=rows, rounds=_MOST_ROUNDS, now=now,
        )  # fmt: skip
    return Speed(text=text, images=images)


def _take_turns(
    candidate: Encoder,
    production: Encoder | None,
    ask: Callable[[Encoder, int], object],
    *,
    rows: int,
    rounds: int,
    now: Callable[[], float],
) -> Turns:
    contenders = [candidate] + ([production] if production else [])
    seconds: dict[str, list[float]] = {e.spec.digest: [] for e in contenders}
    for encoder in contenders:
        _timed(encoder, candidate, ask, 0, now)  # the first call warms up
    began = now()
    for i in range(rounds):
        for encoder in contenders if i % 2 == 0 else reversed(contenders):
            seconds[encoder.spec.digest].append(_timed(encoder, candidate, ask, i, now))
        if i + 1 >= _LEAST_ROUNDS and now() - began > _ROUNDS_S:
            break
    return Turns(
        rows=rows,
        candidate=tuple(seconds[candidate.spec.digest]),
        production=tuple(seconds[production.spec.digest]) if production else (),
    )


def _timed(
    encoder: Encoder, candidate: Encoder, ask: Callable[[Encoder, int], object], i: int, now: Callable[[], float]
) -> float:
    began = now()
    try:
        ask(encoder, i)
    except ServerUnavailableError:
        raise
    except EncoderError as e:
        if encoder is candidate:
            raise CandidateFailedError(str(e)) from e
        raise
    return now() - began


def _crowd(encoder: Encoder, rows: int) -> np.ndarray:
    side = encoder.spec.side_px
    return np.concatenate([pictures(side, seed=seed) for seed in range(-(-rows // 6))])[:rows]
