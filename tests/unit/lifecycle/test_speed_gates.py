from __future__ import annotations

import numpy as np
import pytest

from daguerre.lifecycle.speed import CandidateFailedError, Speed, Turns, race
from daguerre.lifecycle.speed_gates import latency_gate, speed_figures, throughput_gate
from daguerre.serving.calls import DeadlineError, ServerUnavailableError
from daguerre.storage.canonical import canonical_json
from tests.fakes.encoders import tiny_encoder


def turns(candidate: float, production: float | None, *, rows: int = 1, seed: int = 0) -> Turns:
    noise = np.random.default_rng(seed).lognormal(0, 0.1, (2, 40))
    mine = tuple((candidate * noise[0]).tolist())
    theirs = () if production is None else tuple((production * noise[1]).tolist())
    return Turns(rows=rows, candidate=mine, production=theirs)


def speed(text: Turns, image: Turns) -> Speed:
    return Speed(text=text, images={1: turns(1, None), image.rows: image})


@pytest.mark.parametrize(("slower", "passes"), [(1.0, True), (1.8, True), (2.5, False)])
def test_the_ratio_decides_not_the_seconds(slower, passes):
    for scale in (0.001, 10.0):
        measured = speed(turns(scale * slower, scale), turns(scale * slower, scale, rows=32))
        latency, throughput = latency_gate(measured, 2.0), throughput_gate(measured, 0.5)
        assert (latency.passed, throughput.passed) == (passes, passes)
        assert latency.value == pytest.approx(slower, rel=0.15)
        assert throughput.value == pytest.approx(1 / slower, rel=0.15)


def test_a_few_disturbed_rounds_decide_nothing():
    quiet = turns(1.0, 1.0)
    disturbed = Turns(rows=1, candidate=(60.0, 80.0, *quiet.candidate[2:]), production=quiet.production)
    assert latency_gate(speed(disturbed, turns(1, 1, rows=32)), 1.5).passed


def test_without_production_the_gates_pass_and_say_so():
    alone = speed(turns(1, None), turns(1, None, rows=32))
    for gate in (latency_gate(alone, 2.0), throughput_gate(alone, 0.5)):
        assert (gate.passed, gate.value) == (True, None)
        assert "nothing to compare with" in gate.said


def test_everything_that_was_measured_can_be_kept():
    figures = speed_figures(speed(turns(2, 1), turns(2, 1, rows=32)))
    canonical_json(figures)
    assert figures["images"]["32"]["candidate"]["per_s"] == pytest.approx(16, rel=0.15)
    assert figures["text"]["seconds_ratio"]["low"] < 2 < figures["text"]["seconds_ratio"]["high"] * 1.1


class Clock:
    """Time passes only while an encoder answers."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Paced:
    """Takes its time by the clock that it is given."""

    def __init__(self, encoder, clock: Clock, seconds: float, order: list[str], name: str) -> None:
        self.spec = encoder.spec
        self._clock, self._seconds, self._order, self._name = clock, seconds, order, name

    def embed_texts(self, texts):
        self._clock.at += self._seconds
        self._order.append(self._name)

    def embed_images(self, images):
        self._clock.at += self._seconds * len(images)


def test_both_are_asked_in_turn_and_who_begins_changes(tmp_path):
    clock, order = Clock(), []
    mine = Paced(tiny_encoder(tmp_path / "a", seed=1), clock, 0.02, order, "c")
    theirs = Paced(tiny_encoder(tmp_path / "b", seed=2), clock, 0.01, order, "p")
    found = race(mine, theirs, batches=(1, 16), now=clock)
    assert "".join(order[2:10]) == "cppccppc"
    assert found.text.candidate == pytest.approx([0.02] * len(found.text.candidate))
    assert set(found.images) == {1, 16}
    assert found.images[16].production[0] == pytest.approx(0.16)
    assert 4 <= len(found.images[16].candidate) <= 12


@pytest.mark.parametrize(("error", "raised"), [(DeadlineError, CandidateFailedError), (ServerUnavailableError,) * 2])
def test_a_candidate_that_fails_is_told_from_a_server_that_is_away(tmp_path, monkeypatch, error, raised):
    mine, theirs = tiny_encoder(tmp_path / "a", seed=1), tiny_encoder(tmp_path / "b", seed=2)

    def fail(_):
        raise error("now")

    monkeypatch.setattr(mine, "embed_texts", fail)
    with pytest.raises(raised):
        race(mine, theirs, batches=(1,))
    monkeypatch.undo()
    monkeypatch.setattr(theirs, "embed_texts", fail)
    with pytest.raises(error):
        race(mine, theirs, batches=(1,))
