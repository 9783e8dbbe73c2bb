"""Two ways to choose eight photos of an event, judged by the truth about a generated library."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from daguerre.curation.columns import Ints
from daguerre.curation.duplicates import find_duplicates
from daguerre.curation.exclusions import documents
from daguerre.curation.groups import components, edges
from daguerre.curation.reading import LibraryReader
from daguerre.curation.selection import RULES, SelectionRules, select
from daguerre.curation.timeline import Timeline, timeline
from daguerre.ids import OwnerId
from daguerre.quality.experiments.judge import PairedValues
from daguerre.quality.experiments.planning import Spread, spreads_of_production
from daguerre.quality.experiments.records import ExperimentError
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.quality.experiments.validity import Validity
from daguerre.quality.queries import find_in_source
from daguerre.stages.contest import Measured
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.telemetry import Progress, ProgressSink
from daguerre.workspace import Workspace

#: Photos that are chosen of each event; events with no more than that leave nothing to choose.
PICKS = 8
#: A picture of this true quality or better is a good one, as in the benchmark of selections.
_GOOD = 0.6
_SIDES = ("production", "candidate")

_METRICS = {
    "selection_f1": "harmonic mean of the two below",
    "moments_at_8": "share of the event's moments among eight photos, of at most eight",
    "good_at_8": "share of good pictures among the eight",
    "latency_ms": "milliseconds to choose",
}


@dataclass(frozen=True, kw_only=True)
class _Event:
    """One true event of which more photos have landed than are chosen; `rows` count in the owner's timeline."""

    name: str
    theme: str
    owner: str
    line: Timeline
    equals: Ints
    rows: Ints
    moments: Sequence[str]
    quality: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class CurationContest:
    """Implements `Contest` for curation policies: settings of `SelectionRules`."""

    ws: Workspace
    spec: ExperimentSpec

    metrics = _METRICS
    slices = ("owner", "class")
    clusters = ("owner", "class")
    learnt_from = "production's choices alone"

    @cached_property
    def truth(self) -> bytes:
        """Return what is true about the library. Raises ExperimentError: nothing is known."""
        queries = find_in_source(self.ws)
        path = queries.with_name("truth.jsonl") if queries else None
        if path is None or not path.is_file():
            raise ExperimentError(
                f"{self.spec.name} compares curation policies, and nobody knows the right choices of this library",
                fix="Run it on a generated library: `daguerre library` makes one.",
            )
        return path.read_bytes()

    @cached_property
    def events(self) -> Sequence[_Event]:
        """Return what is chosen from."""
        return list(self._events())

    def query_set(self) -> str:
        """Return the sha256 of the truth."""
        return sha256_hex(self.truth)

    def data(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is chosen from now, and by which rules; `before` decides nothing."""
        chosen_from = [[e.name, *e.line.columns.photo_id[e.rows].tolist()] for e in self.events]
        sides = {name: asdict(_rules(getattr(self.spec, name).curation)) for name in _SIDES}
        return {
            "queries": self.spec.query_set,
            "right_answers": sha256_hex(canonical_json(chosen_from)),
            **{name: self._side(name, rules) for name, rules in sides.items()},
        }

    def foresee(self) -> Mapping[str, Spread]:
        """Let production choose alone."""
        rules = _rules(self.spec.production.curation)
        chosen = {event.name: _values(event, *_choose(event, rules)) for event in self.events}
        values = {name: {event: found[name] for event, found in chosen.items()} for name in _METRICS}
        return spreads_of_production(self.spec, values)

    def measure(self, progress: ProgressSink) -> Measured:
        """Let both sides choose from every event, the side that is first in turn."""
        rules = {name: _rules(getattr(self.spec, name).curation) for name in _SIDES}
        rows = []
        for number, event in enumerate(self.events):
            order = _SIDES if number % 2 == 0 else _SIDES[::-1]
            chosen = {name: _choose(event, rules[name]) for name in order}
            rows.append(_record(event, {name: chosen[name] for name in _SIDES}))
            progress(Progress(stage="experiment", batch=self.spec.name, done=number + 1, total=len(self.events)))
        return Measured(
            data=self.data({}),
            pairs={name: self._pairs(name, rows) for name in _METRICS} if rows else {},
            validity=Validity(asked=len(rows)),
            rows=rows,
            judged_shares=dict.fromkeys(_SIDES, 1.0),
            likeness=None,
            cost={name: _cost(rows, name) for name in _SIDES},
        )

    def _side(self, name: str, rules: dict[str, Any]) -> dict[str, Any]:
        changed = getattr(self.spec, name).curation
        said = ", ".join(f"{key} {value}" for key, value in sorted(changed.items())) or "usual rules"
        rows = sum(len(event.rows) for event in self.events)
        return {"release": getattr(self.spec, name).release, "space": said, "rows": rows, "rules": rules}

    def _pairs(self, metric: str, rows: Sequence[Mapping[str, Any]]) -> PairedValues:
        slices = {name: [str(row[name]) for row in rows] for name in self.slices}
        old, new = ([row[side]["values"][metric] for row in rows] for side in _SIDES)
        return PairedValues(
            query_ids=[row["id"] for row in rows],
            clusters=slices[self.spec.cluster],
            production=np.array(old),
            candidate=np.array(new),
            slices=slices,
        )

    def _events(self) -> Iterator[_Event]:
        known = {row["key"]: row for row in map(json.loads, self.truth.splitlines())}
        reader = LibraryReader(self.ws)
        for owner in sorted({str(row["owner_id"]) for row in known.values()}):
            library = reader.read(OwnerId(owner))
            if not len(library):
                continue
            line = timeline(library)
            equals, dull = _equals(line), documents(line.columns)
            of: dict[str, list[int]] = {}
            for at, key in enumerate(line.columns.source_key):
                if key in known and known[key]["event_id"] and not dull[at]:
                    of.setdefault(known[key]["event_id"], []).append(at)
            for name, rows in sorted(of.items()):
                if len(rows) > PICKS:
                    truths = [known[key] for key in line.columns.source_key[rows]]
                    yield _Event(
                        name=name,
                        theme=str(truths[0]["theme"]),
                        owner=owner,
                        line=line,
                        equals=equals,
                        rows=np.array(rows, np.int64),
                        moments=[str(truth["moment_id"]) for truth in truths],
                        quality=[float(truth["score"]) for truth in truths],
                    )


def _rules(changed: Mapping[str, Any]) -> SelectionRules:
    allowed = {field.name: type(getattr(RULES, field.name)) for field in fields(SelectionRules)}
    if unknown := sorted(set(changed) - set(allowed)):
        raise ExperimentError(
            f"unknown settings of curation: {', '.join(unknown)}", fix=f"There are {', '.join(allowed)}."
        )
    try:
        return replace(RULES, **{name: allowed[name](value) for name, value in changed.items()})
    except ValueError as e:
        raise ExperimentError(f"a setting of curation is no number: {e}") from e


def _equals(line: Timeline) -> Ints:
    groups = find_duplicates(line.columns)
    links = np.array([(g.medoid, row) for g in groups for row in g.rows if row != g.medoid], np.int64).reshape(-1, 2)
    return components(len(line.columns), edges(links[:, 0], links[:, 1], np.zeros(len(links))))


def _choose(event: _Event, rules: SelectionRules) -> tuple[Ints, float]:
    """Return the chosen rows of the event, in order of time, and how many milliseconds that took."""
    columns, rows = event.line.columns, event.rows
    start = time.perf_counter()
    picks = select(
        columns.taken_s[rows],
        event.line.quality[rows],
        columns.descriptor[rows],
        event.equals[rows],
        most=PICKS,
        rules=rules,
    )
    return picks, 1e3 * (time.perf_counter() - start)


def _record(event: _Event, chosen: Mapping[str, tuple[Ints, float]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": event.name,
        "kind": "event",
        "text": f"{event.theme}: {len(event.rows)} photos",
        "photo_id": "",
        "owner": event.owner,
        "class": event.theme,
        "relevant": min(PICKS, len(set(event.moments))),
    }
    for name, (picks, ms) in chosen.items():
        row[name] = {"values": _values(event, picks, ms), "nothing": not len(picks), "shown": _shown(event, picks)}
    return row


def _values(event: _Event, picks: Ints, ms: float) -> dict[str, float]:
    moments = [event.moments[at] for at in picks]
    covered = len(set(moments)) / min(PICKS, len(set(event.moments)))
    good = sum(event.quality[at] >= _GOOD for at in picks) / max(len(picks), 1)
    both = 2 * covered * good / (covered + good) if covered + good else 0.0
    values = {"selection_f1": both, "moments_at_8": covered, "good_at_8": good, "latency_ms": ms}
    return {name: round(value, 6) for name, value in values.items()}


def _shown(event: _Event, picks: Ints) -> list[list[Any]]:
    """Return photo, true quality, and whether it is a good picture of a moment not shown before."""
    shown, seen = [], set[str]()
    for at in picks.tolist():
        good = event.quality[at] >= _GOOD and event.moments[at] not in seen
        seen.add(event.moments[at])
        shown.append([event.line.columns.photo_id[event.rows[at]], round(event.quality[at], 4), good])
    return shown


def _cost(rows: Sequence[Mapping[str, Any]], side: str) -> dict[str, float | None]:
    times = [row[side]["values"]["latency_ms"] for row in rows]
    middle = {"query_ms_mean": float(np.mean(times)), "query_ms_p50": float(np.median(times))} if times else {}
    return {"photos_timed": 0.0, "embedding_s_per_1000": None, "query_ms_mean": None, "query_ms_p50": None} | middle
