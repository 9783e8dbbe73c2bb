"""What a person is told at the end of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from daguerre.cli.console import out, reasons
from daguerre.cli.orchestrate import Outcome
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import OwnerId
from daguerre.stages.feed import read_memories
from daguerre.stages.journal import entries, photos_per_s
from daguerre.stages.latest import latest_drift, latest_quality
from daguerre.tables import catalogue
from daguerre.tables.ledger import ledger
from daguerre.workspace import Workspace

_STAGES = ("photos", "signals", "embeddings")
_MEASURES = ("recall_at_10", "precision_at_10", "ndcg_at_10", "mrr", "no_match_separation")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that `daguerre run` says, as data. Rates are photos per second of the stage's own time."""

    root: str
    space: str
    landed: int
    seconds: float
    objects: int
    photos: int
    rejected: Mapping[str, int]
    pending: int
    rates: Mapping[str, float]
    recall_at_10: float | None
    quality: Mapping[str, float]
    drift: str
    memories: list[dict[str, Any]]
    runs: int
    failures: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the summary for JSON."""
        return asdict(self) | {"ledger_closed": self.pending == 0}


def summarize(ws: Workspace, spec: EncoderSpec, outcome: Outcome, *, landed: int, seconds: float) -> Summary:
    """Collect what the run left behind, counted from what is stored."""
    rows = ledger(ws)
    photos = [row for row in rows if row.stage == "photos"]
    refused: Counter[str] = Counter()
    for row in rows:
        refused.update(row.rejected)
    index = {entry["space"]: entry["figures"] for entry in entries(ws, "search_index")}
    quality = latest_quality(ws, spec.space)
    drift = latest_drift(ws)
    return Summary(
        root=ws.store.url,
        space=spec.space,
        landed=landed,
        seconds=seconds,
        objects=sum(row.total for row in photos),
        photos=catalogue.photos(ws).count(),
        rejected=dict(refused),
        pending=sum(row.pending for row in rows),
        rates={stage: photos_per_s(ws, stage) for stage in _STAGES},
        recall_at_10=index.get(spec.space, {}).get("recall_at_10"),
        quality={name: quality[name] for name in _MEASURES} if quality and quality["queries"] else {},
        drift=drift["said"] if drift else "no batch compared yet",
        memories=_first_memories(ws),
        runs=outcome.runs,
        failures=outcome.failures,
    )


def _first_memories(ws: Workspace) -> list[dict[str, Any]]:
    """Return the best memory of each owner."""
    owners = sorted(set(catalogue.memories(ws).read(["owner_id"])["owner_id"].to_pylist()))
    best = [(owner, rows[0]) for owner in owners if (rows := read_memories(ws, OwnerId(owner)))]
    return [
        {"owner": owner, "title": row["title"], "why": row["reason"], "photos": len(row["photo_ids"])}
        for owner, row in best
    ]


def draw_summary(summary: Summary) -> None:
    """Print the summary for a person."""
    out.print()
    out.print(f"[bold]{summary.objects:,} objects[/bold] in {summary.root}, {summary.landed:,} of them new")
    refused = sum(summary.rejected.values())
    out.print(f"  photos      {summary.photos:,} (video keyframes are rows of their own)")
    out.print(f"  rejected    {refused:,}" + (f": {reasons(summary.rejected)}" if refused else ""))
    closed = "[green]closed[/green]" if not summary.pending else f"[red]open, {summary.pending:,} pending[/red]"
    out.print(f"  ledger      {closed}")
    rates = ", ".join(f"{stage} {rate:,.0f}/s" for stage, rate in summary.rates.items() if rate)
    out.print(f"  speed       {rates}; {summary.seconds:,.0f} s in all, {summary.runs} Dagster runs")
    if summary.recall_at_10 is not None:
        out.print(f"  index       recall@10 {summary.recall_at_10:.3f} against exact search")
    if summary.quality:
        out.print("  search      " + ", ".join(f"{name} {value:.3f}" for name, value in summary.quality.items()))
    out.print(f"  drift       {summary.drift}")
    for memory in summary.memories:
        out.print(f"  memory      {memory['owner']}: [italic]{memory['title']}[/italic]. {memory['why']}")
    for failure in summary.failures:
        out.print(f"  [red]failed[/red]      {failure}")
