"""The change as a picture: answered, how well, and how full the new space was, over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.model_change.change import Timeline
from benchmarks.model_change.findings import Answers
from benchmarks.model_change.wiped import Moment

_WIDTH, _LEFT, _RIGHT, _PANEL, _GAP, _TOP = 1020, 206, 28, 128, 34, 118
_OURS, _OTHER, _INK, _FAINT, _OLD = "#1b7f5c", "#c2452d", "#22262b", "#d9dde2", "#6a7682"
#: Seconds of answers that one point of a line sums up.
_BIN_S = 5.0

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class _Panel:
    title: str
    low: float
    high: float
    ours: Sequence[Point]
    other: Sequence[Point]


def draw(answers: Answers, timeline: Timeline, moments: Sequence[Moment]) -> str:
    """Return the picture as SVG."""
    start, end = answers.asked[0].at, answers.asked[-1].at
    panels = (
        _Panel(
            title="queries answered",
            low=0.0,
            high=1.0,
            ours=_binned(answers, lambda number: not answers.asked[number].error),
            other=_around(moments, start, end, [1.0 - m.nothing for m in moments]),
        ),
        _Panel(
            title="nDCG@10",
            low=0.0,
            high=1.0,
            ours=_binned(answers, answers.quality.get),
            other=_around(moments, start, end, [m.quality for m in moments], before=_before(answers, timeline)),
        ),
        _Panel(
            title="photos that can be found",
            low=0.0,
            high=1.0,
            ours=[(start, 1.0), (end, 1.0)],
            other=_around(moments, start, end, [m.covered for m in moments]),
        ),
    )
    height = _TOP + len(panels) * (_PANEL + _GAP) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="system-ui, sans-serif" '
        f'font-size="13"><rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 24, "A model change while four people search", size=17, weight=600),
        _legend(_LEFT, 46, _OURS, "Daguerre: the old space answers until the new one is complete"),
        _legend(_LEFT + 460, 46, _OTHER, "vectors wiped first, same pace"),
    ]
    span = _Span(start=start, end=end)
    parts += _steps(timeline, span, height - 24)
    for place, panel in enumerate(panels):
        parts += _drawn(panel, span, _TOP + place * (_PANEL + _GAP))
    parts += [_text(span.x(start + s), height - 8, f"{s:.0f} s", anchor="middle", color=_OLD) for s in span.ticks()]
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True, kw_only=True)
class _Span:
    start: float
    end: float

    def x(self, at: float) -> float:
        """Return the place of a moment."""
        return _LEFT + (at - self.start) / max(1e-9, self.end - self.start) * (_WIDTH - _LEFT - _RIGHT)

    def ticks(self) -> list[float]:
        """Return round numbers of seconds."""
        length = self.end - self.start
        step = next((s for s in (10, 20, 30, 60, 120, 300, 600) if length / s <= 10), 1200)
        return [float(s) for s in range(0, int(length) + 1, step)]


def _binned(answers: Answers, value: Callable[[int], float | None]) -> list[Point]:
    """Return means of what `value` says of each answer, by number; None counts nowhere."""
    start = answers.asked[0].at
    bins: dict[int, list[float]] = {}
    for number, one in enumerate(answers.asked):
        said = value(number)
        if said is not None:
            bins.setdefault(int((one.at - start) / _BIN_S), []).append(float(said))
    return [(start + (n + 0.5) * _BIN_S, float(np.mean(found))) for n, found in sorted(bins.items())]


def _before(answers: Answers, timeline: Timeline) -> float:
    began = timeline.steps[0].began
    return float(np.mean([q for n, q in answers.quality.items() if answers.asked[n].at < began]))


def _around(
    moments: Sequence[Moment], start: float, end: float, values: Sequence[float], *, before: float = 1.0
) -> list[Point]:
    """Return the line of the other policy: as it was, then the fall, then what comes back."""
    if not moments:
        return []
    fall = moments[0].at
    back = list(zip((m.at for m in moments), values, strict=True))
    return [(start, before), (fall, before), *back, (end, values[-1])]


def _drawn(panel: _Panel, span: _Span, top: float) -> list[str]:
    def y(value: float) -> float:
        return top + _PANEL * (1 - (value - panel.low) / (panel.high - panel.low))

    def line(points: Sequence[Point], color: str, width: float, dash: str = "") -> str:
        path = " ".join(f"{span.x(at):.1f},{y(value):.1f}" for at, value in points)
        style = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"{style}/>'

    parts = [_text(_LEFT - 12, top + 14, panel.title, anchor="end", weight=600)]
    for value in (panel.low, (panel.low + panel.high) / 2, panel.high):
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{_FAINT}"/>'
        )
        if value != panel.high:
            parts.append(_text(_LEFT - 12, y(value) + 4, f"{value:g}", anchor="end", color=_OLD))
    parts.append(line(panel.other, _OTHER, 1.8, "5 4"))
    parts.append(line(panel.ours, _OURS, 2.4))
    return parts


def _steps(timeline: Timeline, span: _Span, bottom: float) -> list[str]:
    """Return a line for each step with its number, and what the numbers mean."""
    names = [f"{number} {step.name}" for number, step in enumerate(timeline.steps, start=1)]
    half = (len(names) + 1) // 2
    parts = [
        _text(_LEFT, 64 + 15 * row, " · ".join(some), size=11, color=_OLD)
        for row, some in enumerate((names[:half], names[half:]))
    ]
    last = -1e9
    for number, step in enumerate(timeline.steps, start=1):
        x = span.x(step.began)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{bottom}" stroke="{_FAINT}"/>')
        place = max(x, last + 14.0)
        last = place
        parts.append(_text(place, _TOP - 12, str(number), size=11, anchor="middle", color=_OLD))
    return parts


def _legend(x: float, y: float, color: str, text: str) -> str:
    line = f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" stroke="{color}" stroke-width="3"/>'
    return line + _text(x + 34, y, text)


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: int = 400, anchor: str = "start", color: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{color}">{text}</text>'
    )
