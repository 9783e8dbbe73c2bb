"""Two releases, or two ways to ask one index, over the same golden queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from daguerre.index.snapshot import Snapshot, find_snapshot
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
from daguerre.quality.experiments.planning import Spread, spreads_of_production
from daguerre.quality.experiments.spec import ExperimentSpec, IndexSettings
from daguerre.quality.experiments.validity import Validity
from daguerre.quality.queries import QUERIES, GoldenQuery, find_in_source, load_queries
from daguerre.search.abstention import usable_abstention
from daguerre.stages.contest import Measured
from daguerre.stages.experiment_asking import Opened, OpenService, ask_both, ask_one, asked_snapshot
from daguerre.stages.experiment_evidence import cost_of, likeness_of
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.telemetry import ProgressSink
from daguerre.workspace import Workspace

_SIDES = ("production", "candidate")


def query_set_digest(ws: Workspace) -> str:
    """Return the sha256 of the golden queries of this installation; empty when it has none."""
    for _ in range(2):
        try:
            return sha256_hex(ws.store.get(QUERIES))
        except ObjectNotFoundError:
            load_queries(ws, find_in_source(ws))
    return ""


@dataclass(frozen=True, kw_only=True)
class SearchContest:
    """Implements `Contest` for search."""

    ws: Workspace
    spec: ExperimentSpec
    open_service: OpenService

    metrics = METRICS
    slices = tuple(SLICES)
    clusters = tuple(SLICES)
    learnt_from = "production's answers alone"

    @cached_property
    def queries(self) -> Sequence[GoldenQuery]:
        """Return what is asked."""
        return askable(load_queries(self.ws))

    def query_set(self) -> str:
        """Return the sha256 of the golden queries."""
        return query_set_digest(self.ws)

    def data(self, before: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the digests and versions of now, of the spaces that were searched before."""
        now: dict[str, Snapshot | None] = {}
        for name in _SIDES:
            snapshot = find_snapshot(self.ws, before[name]["space"])
            now[name] = asked_snapshot(snapshot, getattr(self.spec, name).index) if snapshot else None
        return self._data(now)

    def foresee(self) -> Mapping[str, Spread]:
        """Ask production alone. Raises as `open_service` does."""
        with ExitStack() as open_sides:
            asked = ask_one(self._open("production", open_sides), self.queries)
        return spreads_of_production(self.spec, measure(self.queries, asked))

    def measure(self, progress: ProgressSink) -> Measured:
        """Ask both sides. Raises as `open_service` does."""
        with ExitStack() as open_sides:
            sides = {name: self._open(name, open_sides) for name in _SIDES}
            snapshots = {name: side.service.snapshot for name, side in sides.items()}
            asked = ask_both(sides, self.queries, name=self.spec.name, progress=progress)
        values = {name: measure(self.queries, side) for name, side in asked.items()}
        shares = {name: judged_share(self.queries, side) for name, side in asked.items()}
        return Measured(
            data=self._data(snapshots),
            pairs=pair(self.queries, values["production"], values["candidate"], cluster=self.spec.cluster),
            validity=Validity(
                asked=len(self.queries),
                lost_pairs=sum(any(asked[name][query.id].lost for name in _SIDES) for query in self.queries),
                judged_share=min(shares.values()),
                problems=tuple(self._problems(snapshots)),
            ),
            rows=[query_row(query, asked, values) for query in self.queries],
            judged_shares=shares,
            likeness=likeness_of(self.ws, snapshots["production"], snapshots["candidate"]),
            cost={name: self._cost(snapshots[name], asked[name]) for name in _SIDES},
        )

    def _open(self, name: str, open_sides: ExitStack) -> Opened:
        side = getattr(self.spec, name)
        service, exact = open_sides.enter_context(self.open_service(side)), None
        if service.snapshot.ann and any(query.owner_id is None for query in self.queries):
            flat = side.model_copy(update={"index": IndexSettings(exact=True)})
            exact = open_sides.enter_context(self.open_service(flat))
        return Opened(service=service, exact=exact)

    def _cost(self, snapshot: Snapshot, asked: Side) -> dict[str, float | None]:
        return cost_of(self.ws, snapshot.space, [one.latency_ms for one in asked.values()])

    def _problems(self, snapshots: Mapping[str, Snapshot]) -> list[str]:
        old, new = snapshots["production"].rows, snapshots["candidate"].rows
        if abs(old - new) <= self.spec.lost_max * max(old, new):
            return []
        return [f"production searches {old:,} photos and the candidate {new:,}: embed what is missing first"]

    def _data(self, snapshots: Mapping[str, Snapshot | None]) -> Mapping[str, Any]:
        """Return what the verdict is about: whatever changes here makes another experiment."""
        resolved = [[q.id, q.photo_id, sorted(q.relevant), sorted(q.judged or ())] for q in self.queries]
        return {
            "queries": self.spec.query_set,
            "right_answers": sha256_hex(canonical_json(resolved)),
            **{name: self._side(getattr(self.spec, name).release, snapshots[name]) for name in _SIDES},
        }

    def _side(self, release: str, snapshot: Snapshot | None) -> dict[str, Any] | None:
        if snapshot is None:
            return None
        fields = ("space", "version", "rows", "ann", "partitions", "nprobes", "refine")
        abstention = usable_abstention(self.ws, snapshot.space)
        threshold = abstention.threshold if abstention else None
        return {"release": release, "threshold": threshold, **{field: getattr(snapshot, field) for field in fields}}
