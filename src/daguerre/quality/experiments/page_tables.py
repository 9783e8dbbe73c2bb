"""The tables of the page: metrics by slice, validity, spaces, drift, cost, digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Any

from daguerre.quality.experiments.bars import bar, reach
from daguerre.quality.experiments.spec import ALL

#: Slices of one metric that are shown, those with the lowest bounds first; whatever got worse is always among them.
MOST_SLICES = 16

_Row = Mapping[str, Any]


def metrics_section(rows: Sequence[_Row], things: str) -> Iterable[str]:
    """Yield the table of metrics, each followed by its slices."""
    yield (
        "<h2>Metrics</h2><p>To the right is better, whichever direction a number has. The bar is the interval of the "
        "improvement, the dot its mean, the line nothing. Dashed: the gain worth having, or the loss that is accepted, "
        "with everything beyond it tinted. Slices are corrected for their number and can only tell of harm.</p>"
    )
    head = "".join(
        f"<th{' class=n' if name in _NUMBERS else ''}>{name}</th>"
        for name in ("metric", "production", "candidate", "change", "", "detectable", things, "clusters", "verdict")
    )
    body = "".join(_metric(rows, name) for name in dict.fromkeys(row["metric"] for row in rows))
    yield f"<div class='wide'><table><tr>{head}</tr>{body}</table></div>"
    caveats: dict[str, list[str]] = {}
    for row in rows:
        if row["caveat"] and row["slice"] == ALL:
            caveats.setdefault(row["caveat"], []).append(row["metric"])
    for caveat, names in caveats.items():
        yield f"<p>{escape(', '.join(names))}: {escape(caveat)}.</p>"


_NUMBERS = {"production", "candidate", "change", "detectable", "queries", "lists", "people", "clusters"}
_SAID = {"holds": "harmless", "unclear": "not proven"}
_SAID_BESIDE = {"holds": "harmless"}
_NOTHING = "\N{EN DASH}"
_ZOOM = 2.5


def _metric(rows: Sequence[_Row], name: str) -> str:
    mine = [row for row in rows if row["metric"] == name]
    # A slice may reach far beyond; the whole has to stay readable.
    scale = min(reach(mine), _ZOOM * reach(row for row in mine if row["slice"] == ALL))
    slices = sorted((row for row in mine if row["slice"] != ALL), key=_urgency)
    shown = slices[: max(MOST_SLICES, sum(row["status"] == "worse" for row in slices))]
    lines = [_metric_row(row, scale) for row in [*(row for row in mine if row["slice"] == ALL), *shown]]
    if hidden := len(slices) - len(shown):
        lines.append(f"<tr class='part'><td class='name' colspan='9'>{hidden} more, none worse</td></tr>")
    return "".join(lines)


def _urgency(row: _Row) -> tuple[bool, float, str]:
    low = row["low"]
    return (row["status"] != "worse", float("inf") if low is None else low, row["slice"])


def _metric_row(row: _Row, scale: float) -> str:
    whole = row["slice"] == ALL
    bound = f", at least {amount(row, row['mde'])}" if row["mde"] else ""
    bound = f", at most {amount(row, -row['margin'])}" if row["margin"] else bound
    name = f"{escape(row['metric'])}<small>{row['role']}{bound}</small>" if whole else escape(row["slice"])
    change, interval = _NOTHING, ""
    if row["low"] is not None:
        interval = f"{amount(row, row['low'])} to {amount(row, row['high'])}"
        change = amount(row, row["delta"]) + (f"<small>{interval}</small>" if whole else "")
    seen = _NOTHING if row["detectable"] is None else amount(row, row["detectable"], sign=False)
    status = str(row["status"])
    said = (_SAID if whole and row["role"] != "diagnostic" else _SAID_BESIDE).get(status, status)
    return (
        f"<tr class='{'whole' if whole else 'part'}'><td class='name'>{name}</td>"
        f"<td class='n'>{number(row['production'])}</td><td class='n'>{number(row['candidate'])}</td>"
        f"<td class='n' title='{interval}'>{change}</td><td title='{interval}'>{bar(row, scale)}</td>"
        f"<td class='n'>{seen}</td><td class='n'>{row['n']:,}</td><td class='n'>{row['clusters']:,}</td>"
        f"<td class='status {status.replace(' ', '-')}'>{said}</td></tr>"
    )


def amount(row: _Row, value: float, *, sign: bool = True) -> str:
    """Write a change as the metric has it: a share of production in percent, or the number itself."""
    plus = "+" if sign else ""
    value = round(value, 4) + 0.0  # no "-0.0000"
    text = f"{value:{plus}.1%}" if row["relative"] else f"{value:{plus}.4f}"
    return text.replace("-", "\N{MINUS SIGN}")


def number(value: float | None) -> str:
    """Write a measured number with as many digits as say something."""
    if value is None:
        return _NOTHING
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def validity_section(content: Mapping[str, Any]) -> Iterable[str]:
    """Yield what says whether the run may say anything."""
    validity, spec = content["validity"], content["spec"]
    logged = spec["kind"] != "offline"
    asked = [query for query in content["queries"] if query["relevant"]]
    rows = [
        ("searches in the log", f"{validity['asked']:,}", "")
        if logged
        else ("queries asked", f"{validity['asked']:,}, of them {len(asked):,} with a right answer", ""),
        (
            "searches of no side" if logged else "answers missing on one side",
            f"{validity['lost_pairs']:,}",
            f"at most {spec['lost_max']:.1%}: failures do not hit by chance",
        ),
        *_split(validity, spec),
        *(
            (
                "judged among the first ten",
                ", ".join(f"{side} {share:.1%}" for side, share in shares.items()),
                f"at least {spec['judged_min']:.0%}, or new finds count as wrong",
            )
            for shares in [validity["judged_shares"]]
            if shares
        ),
        (f"clusters ({spec['cluster']})", f"{max((row['clusters'] for row in content['rows']), default=0):,}", ""),
        *_plan(content),
        *(
            (f"{name}, mean", _both(content, name), content["metrics"][name])
            for name in ("recall_vs_exact", "nothing_found", "false_answer")
            if name in content["metrics"] and not logged
        ),
    ]
    lines = "".join(
        f"<tr><td class='name'>{escape(a)}</td><td>{escape(b)}</td><td>{escape(c)}</td></tr>" for a, b, c in rows
    )
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in content["faults"])
    said = f"<ul>{faults}</ul>" if faults else "<p>Nothing speaks against reading the effects.</p>"
    yield f"<h2>Validity</h2>{said}<table>{lines}</table>"


def _split(validity: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    if validity.get("split"):
        old, new = validity["split"]
        yield (
            "people of each side",
            f"production {old:,}, candidate {new:,}",
            f"{spec['split']:.0%} are meant to see the candidate, or the assignment is broken",
        )


def _plan(content: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Yield what was said before the run; records of an older version hold nothing of it."""
    plan = content.get("plan")
    if plan:
        needed = f"about {plan['queries']:,} {plan['things']} needed for {plan['metric']}, {plan['available']:,} there"
        seen = amount(plan, plan["detectable"], sign=False)
        yield "planned before the candidate was asked", needed, f"sees about {seen}; from {plan['source']}"


def _both(content: Mapping[str, Any], name: str) -> str:
    means = []
    for side in ("production", "candidate"):
        values = [query[side]["values"][name] for query in content["queries"] if name in query[side]["values"]]
        means.append(f"{side} {fmean(values):.3f}" if values else f"{side} {_NOTHING}")
    return ", ".join(means)


def explanation_sections(content: Mapping[str, Any]) -> Iterable[str]:
    """Yield what explains without deciding: neighbours, drift, cost."""
    if content["cost"]:
        yield "<h2>Spaces</h2>" + _likeness(content["likeness"])
    yield "<h2>Drift</h2>" + _drift(content["drift"])
    if content["cost"]:
        yield "<h2>Cost</h2>" + _cost(content["cost"])


def _likeness(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "<p>Both sides use the same vectors.</p>"
    return (
        "<p>How alike the two encoders arrange the same photos. It explains and never decides: a better encoder is "
        "expected to see other neighbours.</p><div class='facts'>"
        f"<div><b>{found['overlap']:.0%}</b><span>of the nearest ten agree</span></div>"
        f"<div><b>{found['expected']:.1%}</b><span>would agree by chance</span></div>"
        f"<div><b>{found['cka']:.2f}</b><span>alignment of the geometry (CKA), 1: the same</span></div>"
        f"<div><b>{found['photos']:,}</b><span>photos compared</span></div></div>"
    )


def _drift(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "<p>No batch was compared with others yet.</p>"
    head = f"<p>Batch {escape(found['batch'])}: {escape(found['said'])}.</p>"
    if not found["findings"]:
        return head + f"<p>None of {found['compared']:,} comparisons warns or blocks.</p>"
    lines = "".join(
        f"<tr><td class='status {'worse' if f['status'] == 'block' else 'unclear'}'>{f['status']}</td>"
        f"<td class='name'>{escape(f['subject'])}</td><td class='n'>{number(f['value'])}</td>"
        f"<td class='n'>{number(f['warn_at'])}</td><td class='text'>{escape(f['method'])}: "
        f"{escape(f['detail'])}</td></tr>"
        for f in found["findings"]
    )
    names = "<tr><th>status</th><th>subject</th><th class=n>value</th><th class=n>warns at</th><th></th></tr>"
    return f"{head}<table>{names}{lines}</table>"


def _cost(found: Mapping[str, Mapping[str, float | None]]) -> str:
    names = {
        "embedding_s_per_1000": "seconds of work per 1,000 photos: reading, decoding and inference added up",
        "query_ms_mean": "milliseconds per query, mean",
        "query_ms_p50": "milliseconds per query, median",
    }
    lines = "".join(
        f"<tr><td class='name'>{said}</td>"
        + "".join(f"<td class='n'>{_figure(found[side][name])}</td>" for side in ("production", "candidate"))
        + f"<td class='n'>{_ratio(found['production'][name], found['candidate'][name])}</td></tr>"
        for name, said in names.items()
    )
    head = "<tr><th></th><th class=n>production</th><th class=n>candidate</th><th class=n>ratio</th></tr>"
    return f"<table>{head}{lines}</table>"


def _figure(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.1f}"


def _ratio(before: float | None, after: float | None) -> str:
    return f"{after / before:.2f}" if before and after is not None else _NOTHING
