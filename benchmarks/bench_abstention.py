"""Saying that nothing good was found: how often wrongly, how often too late, with the encoders that are shipped.

Every library is asked golden queries, from which a threshold is learnt, and then questions that were not among them.
"own" judges the answers by the library's own threshold, "foreign" by that of a library with another seed. A false
answer is a list of hits for a question that no photo answers; lost are relevant hits in the first ten that are
withheld; n counts questions, in brackets stands the 95 % interval. 240 golden queries hold 29 without a match; 120, as
many as a library brings along, hold 14: too few to weigh false answers, and the cautious rule takes over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.line import Line
from benchmarks.painted import Painted, keep_queries, make_searchable, paint
from daguerre.encoders.bundle import build_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.library.difficulty import LEVELS
from daguerre.library.queries import Query, queries
from daguerre.quality.calibration import MAX_FALSE_ANSWERS, MAX_LOSS, Asked, Rate, calibrate, rates_of
from daguerre.quality.queries import load_queries
from daguerre.quality.search_report import asked_by_words
from daguerre.search.service import SearchService
from daguerre.settings import load_settings
from daguerre.workspace import Workspace, open_workspace

MODELS = Path(__file__).parents[1] / "models/scene-demo"
VERSIONS = ("v2", "v1")
GOLDEN = (240, 120)
ALL_QUESTIONS = 600
PHOTOS = 600
SEEDS = (11, 12, 13)


@dataclass(frozen=True)
class Scored:
    """What one library answered: to the golden queries of each size, and to questions that are in none of them."""

    golden: dict[int, list[Asked]]
    fresh: list[Asked]


def score(painted: Painted, encoder: OnnxEncoder) -> Scored:
    """Ask one library everything, through the search service."""
    drawn = {size: queries(painted.plan, limit=size) for size in (*GOLDEN, ALL_QUESTIONS)}
    known = {(query.owner_id, query.text) for size in GOLDEN for query in drawn[size]}
    fresh = [query for query in drawn[ALL_QUESTIONS] if (query.owner_id, query.text) not in known]
    with tempfile.TemporaryDirectory() as folder:
        ws = open_workspace(load_settings(root=f"{folder}/root", cache=Path(folder) / "cache"))
        make_searchable(ws, painted, encoder)
        service = SearchService(ws, encoder)
        return Scored({size: ask(ws, service, drawn[size]) for size in GOLDEN}, ask(ws, service, fresh))


def ask(ws: Workspace, service: SearchService, asked: Sequence[Query]) -> list[Asked]:
    """Ask all questions by words and return what calibration sees of the answers."""
    keep_queries(ws, asked)
    golden = [query for query in load_queries(ws) if query.kind == "text"]
    answers = {
        query.id: [(hit.photo_id, hit.score) for hit in service.by_text(query.text, owner=query.owner_id, k=10)]
        for query in golden
    }
    return asked_by_words(golden, answers)


def lines_of(version: str, level: str, libraries: Sequence[Scored]) -> Iterator[Line]:
    """Yield the figures of one encoder at one difficulty, counts of all its libraries added."""
    for size in GOLDEN:
        found = [calibrate(one.golden[size]) for one in libraries]
        thresholds = [one.threshold for one in found if one.threshold is not None]
        name = f"{version}, {level}, {size} golden ({found[0].rule})"
        yield Line(what=name, measured=float(np.mean(thresholds)), unit="best score")
        own = list(zip(libraries, thresholds, strict=True))
        foreign = list(zip(libraries, thresholds[1:] + thresholds[:1], strict=True)) if len(libraries) > 1 else []
        for where, pairs in (("own", own), ("foreign", foreign)):
            if not pairs:
                continue
            asked = [one for library, _ in pairs for one in library.fresh]
            withheld = np.array([one.best < t for library, t in pairs for one in library.fresh], np.bool_)
            rates = rates_of(asked, withheld)
            yield _line(f"  false answers, {where}", rates.false_answers, MAX_FALSE_ANSWERS)
            yield _line(f"  relevant hits lost, {where}", rates.recall_loss, MAX_LOSS)


def _line(what: str, rate: Rate, most: float) -> Line:
    unit = f"% ({100 * rate.low:.1f} to {100 * rate.high:.1f}, n {rate.n})"
    return Line(what=what, measured=100 * rate.value, unit=unit, at_most=100 * most)


def measure(quick: bool) -> list[Line]:
    encoders = {name: OnnxEncoder(build_release(MODELS / name), threads=1) for name in VERSIONS}
    lines: list[Line] = []
    by_encoder: dict[str, dict[str, list[Scored]]] = {name: {} for name in VERSIONS}
    for level, difficulty in LEVELS.items():
        for seed in SEEDS[:1] if quick else SEEDS:
            painted = paint(difficulty, seed, PHOTOS // 2 if quick else PHOTOS, encoders[VERSIONS[0]].spec)
            for name, encoder in encoders.items():
                by_encoder[name].setdefault(level, []).append(score(painted, encoder))
    for name, levels in by_encoder.items():
        for level, libraries in levels.items():
            lines += lines_of(name, level, libraries)
    return lines
