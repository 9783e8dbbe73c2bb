"""The queries that the candidate answers worst and best, with both answers as pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

#: Queries of each end that are shown.
SHOWN_QUERIES = 20

Query = Mapping[str, Any]
#: What the queries are ordered by when nothing else about answers had to be won.
_ABOUT_ANSWERS = ("ndcg_at_10", "selection_f1")
_SIDES = ("production", "candidate")


def ranked_by(content: Mapping[str, Any]) -> str:
    """Return the metric that says which queries were lost and won: the first success metric about answers."""
    wanted = [m["name"] for m in content["spec"]["metrics"] if m["role"] == "success" and m["better"] == "higher"]
    return next(name for name in (*wanted, *_ABOUT_ANSWERS) if name in content["metrics"])


def lost_and_won(content: Mapping[str, Any]) -> tuple[list[Query], list[Query]]:
    """Return the queries that lost most and those that gained most, at most twenty each, largest change first."""
    if not content["queries"]:
        return [], []
    metric = ranked_by(content)
    changed = [
        (change(query, metric), query) for query in content["queries"] if metric in query["production"]["values"]
    ]
    lost = sorted((pair for pair in changed if pair[0] < 0), key=lambda pair: (pair[0], pair[1]["id"]))
    won = sorted((pair for pair in changed if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]["id"]))
    return [query for _, query in lost[:SHOWN_QUERIES]], [query for _, query in won[:SHOWN_QUERIES]]


def change(query: Query, metric: str) -> float:
    """Return candidate minus production."""
    return float(query["candidate"]["values"][metric] - query["production"]["values"][metric])


def pictured(content: Mapping[str, Any]) -> list[str]:
    """Return the photos that the page shows."""
    lost, won = lost_and_won(content)
    shown = [one[0] for query in (*lost, *won) for side in _SIDES for one in query[side]["shown"]]
    asking = [query["photo_id"] for query in (*lost, *won) if query["photo_id"]]
    return sorted({*shown, *asking})


def queries_section(content: Mapping[str, Any], place: Mapping[str, int]) -> Iterable[str]:
    """Yield the section; `place` numbers the pictures that the style sheet holds."""
    lost, won = lost_and_won(content)
    metric = ranked_by(content)
    equal = sum(change(q, metric) == 0 for q in content["queries"] if metric in q["production"]["values"])
    same = f"{equal:,} {'query was' if equal == 1 else 'queries were'} answered equally well"
    yield (
        "<h2>Queries</h2><p>What both sides showed: best first, or in order of time where an event was to be told. "
        "A frame marks a right photo, or a good one of a moment not shown before; the others are dimmed. "
        f"The numbers are {escape(metric)}. {same}.</p>"
    )
    for title, queries in (("lost most", lost), ("gained most", won)):
        if queries:
            many = f"{len(queries)} queries" if len(queries) > 1 else "query"
            yield f"<h3>The {many} that {title}</h3>"
            yield from (_query(query, metric, place) for query in queries)
        else:
            yield f"<p>No query {title.split()[0]} anything.</p>"


def _query(query: Query, metric: str, place: Mapping[str, int]) -> str:
    difference = change(query, metric)
    asking = _picture(query["photo_id"], "the photo that asks", place, "") if query["kind"] == "photo" else ""
    names = {"photo": "photos like this one", "event": query["text"]}
    name = names.get(query["kind"], f"“{query['text']}”")
    number, noun = query["relevant"], "moment" if query["kind"] == "event" else "right photo"
    head = (
        f"<header>{asking}<b>{escape(name)}</b><span>{escape(query['owner'])} · {escape(query['class'])} · "
        f"{number} {noun}{'s' if number != 1 else ''}</span>"
        f"<span class='{'up' if difference > 0 else 'down'}'>{difference:+.3f}</span></header>"
    )
    return f"<div class='query'>{head}{''.join(_side(query, side, metric, place) for side in _SIDES)}</div>"


def _side(query: Query, side: str, metric: str, place: Mapping[str, int]) -> str:
    shown: Sequence[Sequence[Any]] = query[side]["shown"]
    pictures = "".join(
        _picture(photo, f"{rank}: {'right' if right else 'wrong'}, {score:.3f}", place, " right" if right else " no")
        for rank, (photo, score, right) in enumerate(shown, start=1)
    )
    value = query[side]["values"][metric]
    label = f"<span>{side}<b>{value:.3f}</b></span>"
    return f"<div class='side'>{label}{pictures or '<em>nothing found</em>'}</div>"


def _picture(photo: str, said: str, place: Mapping[str, int], kind: str) -> str:
    at = f" p{place[photo]}" if photo in place else ""
    title = escape(said if at else f"{said}; the photo is gone", quote=True)
    return f"<i class='p{at}{kind}' role='img' title='{title}' aria-label='{title}'></i>"
