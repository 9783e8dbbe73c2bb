"""demo/index.html: one self-contained page of what Daguerre made of a library."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from daguerre.cli.console import reasons
from daguerre.cli.memory_page import equal_groups, journeys_map, memory_cards, memory_style
from daguerre.cli.summary import Summary
from daguerre.cli.trip_map import CREDIT
from daguerre.ids import OwnerId
from daguerre.search.service import Hit
from daguerre.stages.album import Album, read_album
from daguerre.stages.pictures import thumbnails
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

#: Of each owner; every memory adds about 200 kB to the page.
_MEMORIES = 3


@dataclass(frozen=True, kw_only=True)
class Example:
    """One search and its answer."""

    question: str
    owner: str
    hits: Sequence[Hit]


def write_page(ws: Workspace, summary: Summary, examples: Sequence[Example]) -> str:
    """Return the page as HTML; every picture is inside it."""
    style = files("daguerre.cli").joinpath("page.css").read_text(encoding="utf-8") + memory_style()
    owners = sorted(set(catalogue.memories(ws).read(["owner_id"])["owner_id"].to_pylist()))
    albums = [read_album(ws, OwnerId(owner), limit=_MEMORIES) for owner in owners]
    body = [
        _head(summary),
        "<h2>Search</h2><p>Words find pictures. The number is the cosine of the angle between both vectors.</p>",
        *(_example(ws, example) for example in examples),
        "<h2>Memories</h2><p>Ranked, diverse selections from each owner's events, with the reason why; "
        "trips on a map.</p>",
        *_memories(ws, albums),
        "<h2>Equals</h2><p>Exact copies, near-duplicates and bursts are three classes with three rules. "
        "The one to keep is framed.</p>",
        *_groups(ws, albums),
        "<h2>Rejected files</h2><p>A bad file is a row with a reason. It never stops a batch.</p>",
        _rejected(ws),
        f"<footer>{CREDIT}</footer>",
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


def _memories(ws: Workspace, albums: Sequence[Album]) -> Iterable[str]:
    for album in albums:
        yield f"<h3>{escape(album.owner.capitalize())}</h3>{memory_cards(ws, album)}{journeys_map(album)}"


def _groups(ws: Workspace, albums: Sequence[Album]) -> Iterable[str]:
    rows = catalogue.duplicates(ws).read(["kind", "group_id"]).to_pylist()
    counts = Counter(kind for kind, _ in {(row["kind"], row["group_id"]) for row in rows})
    yield f"<p>{', '.join(f'{kind}: {count:,} groups' for kind, count in sorted(counts.items()))}</p>"
    for album in albums:
        yield f"<h3>{escape(album.owner.capitalize())}</h3>{equal_groups(ws, album)}"


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


def _strip(ws: Workspace, captions: Mapping[str, str]) -> str:
    pictures = dict(zip(captions, thumbnails(ws, list(captions)), strict=True))
    data = {photo: base64.b64encode(jpeg).decode() for photo, jpeg in pictures.items()}
    figures = "".join(
        f"<figure><img alt='{escape(caption, quote=True)}' src='data:image/jpeg;base64,{data[photo]}'>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for photo, caption in captions.items()
    )
    return f"<div class='strip'>{figures}</div>"
