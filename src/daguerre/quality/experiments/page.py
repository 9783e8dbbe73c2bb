"""One self-contained page per experiment: the verdict and its reason first, then everything that it rests on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from daguerre.quality.experiments.page_queries import pictured, queries_section
from daguerre.quality.experiments.page_tables import explanation_sections, metrics_section, validity_section
from daguerre.quality.experiments.records import Override, Record
from daguerre.quality.experiments.wording import noun

__all__ = ["page", "pictured"]

_SIDES = ("production", "candidate")
_THEN = {
    "PROMOTE": "A success metric surely got better, and every guardrail is proven harmless.",
    "HOLD": "Nothing is proven either way. Production stays as it is.",
    "BLOCK": "Something surely got worse. The candidate must not answer people.",
    "INVALID": "The run says nothing about the candidate. Mend what is named and make a new experiment.",
}


def page(record: Record, *, overrides: Sequence[Override], pictures: Mapping[str, bytes]) -> str:
    """Return the page as HTML with every picture inside.

    Args:
        record: What it shows; nothing is measured here.
        overrides: What people decided against the record.
        pictures: JPEGs by photo, of those that `pictured` names and that are still there.
    """
    content = record.content
    place = {photo: number for number, photo in enumerate(sorted(pictures))}
    style = files("daguerre.quality.experiments").joinpath("page.css").read_text(encoding="utf-8")
    style += "".join(_rule(place[photo], jpeg) for photo, jpeg in sorted(pictures.items()))
    body = [
        _head(content, overrides),
        *metrics_section(content["rows"], noun(content["spec"]["kind"])),
        *validity_section(content),
        *(queries_section(content, place) if content["queries"] else ()),
        *explanation_sections(content),
        *_digests(record),
        _way_out(record),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(record.name)}: {escape(record.verdict)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def _rule(number: int, jpeg: bytes) -> str:
    """Hold each picture once, however often it is shown."""
    return f".p{number}{{background-image:url(data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})}}"


def _head(content: Mapping[str, Any], overrides: Sequence[Override]) -> str:
    spec, decision, data = content["spec"], content["decision"], content["data"]
    verdict = decision["verdict"]
    if "log" in data:
        facts = [*((data[side]["release"][:12], side) for side in _SIDES)]
        facts += [(f"{data[what]:,}", what) for what in ("searches", "people")]
    else:
        facts = [*((data[side]["space"], side) for side in _SIDES)]
        facts += [(f"{content['validity']['asked']:,}", "queries"), (f"{data['candidate']['rows']:,}", "photos")]
    boxes = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in facts)
    return (
        f"<p class='eyebrow'>Experiment of {escape(spec['owner'])} · {escape(spec['kind'])} · "
        f"{escape(content['at'][:16].replace('T', ' '))} UTC</p><h1>{escape(content['name'])}</h1>"
        f"<p>{escape(spec['hypothesis'])}</p>"
        f"<div class='verdict {verdict}'><b>{verdict}</b><p>{escape(decision['reason'])}</p>"
        f"<p class='then'>{_THEN[verdict]}</p></div>{''.join(_override(one) for one in overrides)}"
        f"<div class='facts'>{boxes}</div>"
    )


def _override(one: Override) -> str:
    return (
        f"<div class='verdict override'><p>{escape(one.actor)} overrode this with "
        f"<strong>{escape(one.verdict)}</strong> on {one.at:%Y-%m-%d %H:%M} UTC: {escape(one.reason)}</p></div>"
    )


def _digests(record: Record) -> Iterable[str]:
    content = record.content
    data = content["data"]
    rows = [
        ("record", f"{record.key}, sha256 {record.sha256}"),
        ("spec", content["spec_digest"]),
        *_asked(data),
        *((f"{side}: release", data[side]["release"]) for side in _SIDES),
        *((f"{side}: how", _way(data[side])) for side in _SIDES if "space" in data[side]),
        ("code", ", ".join(f"{name} {version}" for name, version in sorted(content["code"].items()))),
        ("run by", f"{content['actor']} at {content['at']}"),
    ]
    lines = "".join(
        f"<tr><td class='name'>{escape(name)}</td><td class='text'><code>{escape(value)}</code></td></tr>"
        for name, value in rows
    )
    yield f"<h2>What this rests on</h2><table>{lines}</table>"
    spec = json.dumps(content["spec"], indent=1, sort_keys=True, ensure_ascii=False)
    yield f"<details><summary>The spec, as it was read</summary><pre>{escape(spec)}</pre></details>"


def _asked(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "log" in data:
        return [("log of interactions", data["log"]), ("log from before", data["before"] or "none")]
    return [("golden queries", data["queries"]), ("their right answers, as landed", data["right_answers"])]


def _way(side: Mapping[str, Any]) -> str:
    if "rules" in side:
        return ", ".join(f"{name} {value}" for name, value in sorted(side["rules"].items()))
    way = f"{side['nprobes']} of {side['partitions']} lists, refine {side['refine']}" if side["ann"] else "exact"
    limit = "" if side["threshold"] is None else f", answers from cosine {side['threshold']:.3f} up are good"
    return f"{side['space']} version {side['version']}, {side['rows']:,} vectors, {way}{limit}"


def _way_out(record: Record) -> str:
    return (
        "<h2>Deciding otherwise</h2><p>The record never changes. Whoever decides against it says so under their own "
        "name, with a reason; it is kept beside the record and shown above.</p>"
        f'<pre>daguerre experiments override {escape(record.name)} --verdict PROMOTE --reason "why"</pre>'
    )
