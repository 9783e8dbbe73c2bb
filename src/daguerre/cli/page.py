"""demo/index.html: one self-contained page of what Daguerre made of a library."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from daguerre.cli.console import reasons
from daguerre.cli.summary import Summary
from daguerre.search.service import Hit
from daguerre.stages.pictures import thumbnails
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

_STYLE = """
:root { color-scheme: light dark; --ink:#1d2025; --soft:#69707b; --line:#e3e5ea; --ground:#fbfaf7; --card:#fff; --mark:#b4652a }
@media (prefers-color-scheme: dark) { :root { --ink:#e9e7e2; --soft:#9aa0aa; --line:#34373d; --ground:#17181b; --card:#202226; --mark:#e2a066 } }
* { box-sizing: border-box }
body { margin:0; background:var(--ground); color:var(--ink); font:15px/1.55 Georgia, 'Times New Roman', serif }
main { max-width:1080px; margin:0 auto; padding:48px 24px 96px }
h1 { font-size:40px; font-weight:normal; letter-spacing:-.5px; margin:0 }
h2 { font-size:24px; font-weight:normal; margin:56px 0 4px; border-top:1px solid var(--line); padding-top:28px }
h3 { font-size:17px; font-weight:bold; margin:26px 0 2px }
p, td, th { color:var(--soft) } p { margin:2px 0 10px } b, td:first-child { color:var(--ink) }
.facts { display:flex; flex-wrap:wrap; gap:12px; margin:28px 0 0 }
.facts div { background:var(--card); border:1px solid var(--line); border-radius:8px; padding:12px 18px; min-width:128px }
.facts b { display:block; font-size:24px; font-weight:normal } .facts span { color:var(--soft); font-size:13px }
.strip { display:flex; flex-wrap:wrap; gap:8px; margin:8px 0 4px }
figure { margin:0; width:128px } figure img { width:128px; height:128px; object-fit:cover; border-radius:6px; display:block; background:var(--line) }
figure.kept img { outline:3px solid var(--mark); outline-offset:1px }
figcaption { font:12px/1.35 ui-sans-serif, system-ui, sans-serif; color:var(--soft); padding-top:3px; overflow-wrap:anywhere }
table { border-collapse:collapse; font:13px/1.4 ui-sans-serif, system-ui, sans-serif; width:100% } td, th { text-align:left; padding:5px 10px 5px 0; border-bottom:1px solid var(--line); overflow-wrap:anywhere }
"""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One search and its answer."""

    question: str
    owner: str
    hits: Sequence[Hit]


def write_page(ws: Workspace, summary: Summary, examples: Sequence[Example]) -> str:
    """Return the page as HTML; every picture is inside it."""
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
        f"<title>Daguerre</title><style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
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
    rows = sorted(catalogue.memories(ws).read().to_pylist(), key=lambda row: (row["owner_id"], row["rank"]))
    shown: dict[str, int] = {}
    for row in rows:
        shown[row["owner_id"]] = shown.get(row["owner_id"], 0) + 1
        if shown[row["owner_id"]] <= per_owner:
            captions = {photo: "cover" if photo == row["cover_id"] else "" for photo in row["photo_ids"]}
            yield (
                f"<h3>{escape(row['owner_id'])}: {escape(row['title'])}</h3><p>{escape(row['reason'])}</p>"
                f"{_strip(ws, captions)}"
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
    return f"<p>{escape(reasons(counts)) or 'none'}</p><table><tr><th>object</th><th>reason</th><th>detail</th></tr>{lines}</table>"


def _strip(ws: Workspace, captions: Mapping[str, str], *, kept: set[str] | None = None) -> str:
    pictures = dict(zip(captions, thumbnails(ws, list(captions)), strict=True))
    figures = "".join(
        f"<figure class='{'kept' if kept and photo in kept else ''}'>"
        f"<img alt='{escape(caption, quote=True)}' src='data:image/jpeg;base64,{base64.b64encode(pictures[photo]).decode()}'>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for photo, caption in captions.items()
    )
    return f"<div class='strip'>{figures}</div>"
