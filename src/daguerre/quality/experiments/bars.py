"""An interval as a small picture: where it lies between harm and gain. To the right is always better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

WIDTH, HEIGHT = 220, 22
_MIDDLE = HEIGHT / 2


def reach(rows: Iterable[Mapping[str, Any]]) -> float:
    """Return the largest number that the pictures of these rows have to hold, so that they share one scale."""
    sizes = [abs(row[name]) for row in rows for name in ("low", "high", "margin", "mde") if row[name] is not None]
    return max(sizes, default=0.0) or 1.0


def bar(row: Mapping[str, Any], scale: float) -> str:
    """Return one row's interval as inline SVG: the bar, its mean, nothing (a line), and what is tolerated or wanted."""

    def x(value: float) -> float:
        return round(WIDTH / 2 + value / scale * (WIDTH / 2 - 6), 1)

    parts = []
    if row["margin"]:
        parts.append(f"<rect class='harm' x='0' y='0' width='{max(0.0, x(-row['margin']))}' height='{HEIGHT}'/>")
        parts.append(_line("bound", x(-row["margin"])))
    if row["mde"]:
        parts.append(_line("bound", x(row["mde"])))
    parts.append(_line("zero", x(0)))
    if row["low"] is not None:
        low, high = x(row["low"]), x(row["high"])
        kind = str(row["status"]).replace(" ", "-")
        parts.append(
            f"<rect class='interval {kind}' x='{low}' y='{_MIDDLE - 4}' "
            f"width='{max(2.0, round(high - low, 1))}' height='8' rx='4'/>"
            f"<circle class='mean' cx='{x(row['delta'])}' cy='{_MIDDLE}' r='2.6'/>"
        )
    return f"<svg class='bar' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}'>{''.join(parts)}</svg>"


def _line(kind: str, at: float) -> str:
    return f"<line class='{kind}' x1='{at}' x2='{at}' y1='0' y2='{HEIGHT}'/>"
