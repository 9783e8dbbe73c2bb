"""demo/index.html: one self-contained page of what Daguerre made of a library."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from daguerre.cli.console import reasons
from daguerre.cli.summary import Summary
from daguerre.ids import OwnerId
from daguerre.search.service import Hit
from daguerre.stages.feed import read_memories
from daguerre.stages.pictures import thumbnails
from daguerre.tables import catalogue
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Example:
    """One search and its answer."""

    question: str
    owner: str
    hits: Sequence[Hit]


def write_page(ws: Workspace, summary: Summary, examples: Sequence[Example]) -> str:
    """Return the page as HTML; every picture is inside it."""
    style = files("daguerre.cli").joinpath("page.css").read_text(encoding="utf-8")
    body = [
        _head(summary),
        "<h2>Search</h2><p>Words find pictures. The number is the cosine of the angle between both vectors.</p>",
        *(_example(ws, example) for example in examples),
        "<h2>Memories</h2><p>Ranked, diverse selections from each owner's events, with the reason why.</p>",
        *_memories(ws),
        "<h2>Equals</h2><p>Exact copies, near-duplicates and bursts are three classes with three rules. "
        "The one to keep is framed.</p>",
        *_groups(ws),
        "<h2>Rejected files</h2><p>A bad file is a row with a reason. It never stops a batch.</p>",
        _rejected(ws),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Daguerre</title><style>{style}</style></head><body><main>{''.join(body)}</main></body></html>"
    )


def _head(summary: Summary) -> str:
    refused = sum(summary.rejected.values())
    facts: list[tuple[str, str]] = [
        (f"{summary.objects:,}", "objects landed"),
        (f"{summary.photos:,}", "photos and keyframes"),
        (f"{refused:,}", "rejected, each with a reason"),
        ("closed" if not summary.pending else f"{summary.pending:,} open", "ledger"),
        *((f"{rate:,.0f}/s", stage) for stage, rate in summary.rates.items()),
    ]
    if summary.recall_at_10 is not None:
        facts.append((f"{summary.recall_at_10:.3f}", "recall@10 against exact search"))
    facts += [(f"{value:.3f}", name) for name, value in summary.quality.items()]
    boxes = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in facts)
    return (
        f"<h1>Daguerre</h1><p>What was made of this library, in space {escape(summary.space)}. "
        f"Drift: {escape(summary.drift)}</p><div class='facts'>{boxes}</div>"
    )


def _example(ws: Workspace, example: Example) -> str:
    of = f" of {escape(example.owner)}" if example.owner else ""
    captions = {hit.photo_id: f"{hit.score:.3f}" + (f" · {hit.place}" if hit.place else "") for hit in example.hits}
    return f"<h3>“{escape(example.question)}”{of}</h3>{_strip(ws, captions)}"


def _memories(ws: Workspace, *, per_owner: int = 4) -> Iterable[str]:
    for owner in sorted(set(catalogue.memories(ws).read(["owner_id"])["owner_id"].to_pylist())):
        for row in read_memories(ws, OwnerId(owner))[:per_owner]:
            captions = {photo: "cover" if photo == row["cover_id"] else "" for photo in row["photo_ids"]}
            yield (
                f"<h3>{escape(owner)}: {escape(row['title'])}</h3><p>{escape(row['reason'])}</p>{_strip(ws, captions)}"
            )


def _groups(ws: Workspace, *, per_kind: int = 4) -> Iterable[str]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in catalogue.duplicates(ws).read().to_pylist():
        groups.setdefault((row["kind"], row["group_id"]), []).append(row)
    for kind in ("exact", "near", "burst"):
        found = sorted((len(members), key) for key, members in groups.items() if key[0] == kind)
        yield f"<h3>{kind}: {len(found)} groups</h3>"
        for _, key in list(reversed(found))[:per_kind]:
            members = sorted(groups[key], key=lambda row: (not row["is_best"], row["distance"]))[:8]
            captions = {row["photo_id"]: row["reason"] for row in members}
            kept = {row["photo_id"] for row in members if row["is_best"]}
            yield _strip(ws, captions, kept=kept)


def _rejected(ws: Workspace, *, limit: int = 60) -> str:
    rows = catalogue.rejected(ws).read(["subject", "reason", "detail", "batch"]).sort_by("reason").to_pylist()
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    lines = "".join(
        f"<tr><td>{escape(ascii(row['subject'])[1:-1])}</td><td>{escape(row['reason'])}</td>"
        f"<td>{escape(row['detail'][:120])}</td></tr>"
        for row in rows[:limit]
    )
    head = "<tr><th>object</th><th>reason</th><th>detail</th></tr>"
    return f"<p>{escape(reasons(counts)) or 'none'}</p><table>{head}{lines}</table>"


def _strip(ws: Workspace, captions: Mapping[str, str], *, kept: set[str] | None = None) -> str:
    pictures = dict(zip(captions, thumbnails(ws, list(captions)), strict=True))
    data = {photo: base64.b64encode(jpeg).decode() for photo, jpeg in pictures.items()}
    figures = "".join(
        f"<figure class='{'kept' if kept and photo in kept else ''}'>"
        f"<img alt='{escape(caption, quote=True)}' src='data:image/jpeg;base64,{data[photo]}'>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for photo, caption in captions.items()
    )
    return f"<div class='strip'>{figures}</div>"
