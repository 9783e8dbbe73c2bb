"""From an idea of a memory to the memory: its photos, its cover, its score and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.groups import runs
from daguerre.curation.memory import Kind, Memory
from daguerre.curation.selection import best_of_each, choose, cover, diverse
from daguerre.curation.stock import Stock, moments_in
from daguerre.curation.titles.speech import Told

#: Photos of each side among which pairs are sought.
_FACED = 300


@dataclass(frozen=True, kw_only=True, eq=False)
class Idea:
    """What a memory could be about; cheap, because most ideas never become one.

    Attributes:
        key: As in `Memory`.
        rows: What may be shown of it, ascending.
        worth: 0..1, without the quality of the photos.
        tell: Gives title and reason when it is known how many photos were chosen.
        part: `(len(rows),)` which part of it each row belongs to, when every part is to be shown: a year, then or now.
            None: it is made of events, of which the best are shown.
        facing: Whether the two parts are shown by pictures that look alike, one of each.
    """

    kind: Kind
    key: str
    rows: Ints
    worth: float
    tell: Callable[[int], Told]
    part: Ints | None = None
    facing: bool = False


class Composer:
    """Composes memories from one stock; what an event proposes is chosen once, for all memories that it is in."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self._proposed: dict[tuple[bytes, int], Ints] = {}

    def compose(self, idea: Idea) -> Memory | None:
        """Choose the photos and score the memory; None when there is too little to choose from."""
        stock, rules = self.stock, self.stock.rules
        if moments_in(stock, idea.rows) < rules.moments[idea.kind]:
            return None
        picks = self._picks(idea)
        if len(picks) < rules.fewest:
            return None
        columns, quality = stock.line.columns, stock.line.quality
        told = idea.tell(len(picks))
        return Memory(
            kind=idea.kind,
            key=idea.key,
            title=told.title,
            reason=told.reason,
            score=rules.weights[idea.kind] * (0.7 * idea.worth + 0.3 * float(quality[picks].mean())),
            rank=0,
            cover=int(picks[cover(_upright_first(columns, picks, quality[picks]), columns.descriptor[picks])]),
            rows=tuple(picks.tolist()),
            starts_s=float(columns.taken_s[idea.rows[0]]),
            ends_s=float(columns.taken_s[idea.rows[-1]]),
        )

    def _picks(self, idea: Idea) -> Ints:
        if idea.part is None:
            return self._of_events(idea.rows)
        return self._facing(idea.rows, idea.part) if idea.facing else self._of_parts(idea.rows, idea.part)

    def _of_events(self, rows: Ints) -> Ints:
        """Return the rows to show, ascending: some of each of the most significant events, unlike each other."""
        return self._chosen(self._by_event(rows, self.stock.rules.parts))

    def _of_parts(self, rows: Ints, part: Ints) -> Ints:
        """Return the rows to show, ascending: as many of each part."""
        most, parts = self.stock.rules.most, runs(part)
        spaced = np.linspace(0, len(parts) - 1, min(len(parts), most)).round().astype(int)
        each = max(1, most // len(spaced))
        pool = [self._by_event(rows[parts[i]], 2 * each) for i in spaced]
        return self._chosen([self._diverse(np.sort(np.concatenate(of_part)), each) for of_part in pool])

    def _facing(self, rows: Ints, part: Ints) -> Ints:
        """Return the rows of a few pairs, one row of each part, that look most alike."""
        stock, rules = self.stock, self.stock.rules
        then, now = (self._best_of_moments(rows[of_part]) for of_part in runs(part))
        look, quality = stock.line.columns.descriptor, stock.line.quality
        alike = look[then] @ look[now].T + 0.1 * (quality[then][:, None] + quality[now])
        # A copy that was saved years later is no other time.
        alike[stock.moment[then][:, None] == stock.moment[now]] = -np.inf
        picks: list[int] = []
        for _ in range(min(rules.most // 4, len(then), len(now))):
            a, b = np.unravel_index(int(alike.argmax()), alike.shape)
            if alike[a, b] == -np.inf:
                break
            picks += [int(then[a]), int(now[b])]
            alike[a], alike[:, b] = -np.inf, -np.inf
        pairs = np.sort(np.array(picks, np.int64))
        return pairs[best_of_each(stock.equals[pairs], quality[pairs])]

    def _best_of_moments(self, rows: Ints) -> Ints:
        """Return the best photo of each moment, no videos; of very many the best."""
        stock = self.stock
        rows = rows[stock.line.columns.media[rows] != "video"]
        rows = rows[best_of_each(stock.moment[rows], stock.line.quality[rows])]
        return rows[np.argsort(-stock.line.quality[rows], kind="stable")[:_FACED]]

    def _by_event(self, rows: Ints, most: int) -> list[Ints]:
        """Return what each of the most significant events proposes."""
        event, score = self.stock.line.event[rows], self.stock.event_stands_out.score
        best = sorted(runs(event), key=lambda part: (-score[event[part[0]]], part[0]))[:most]
        each = max(self.stock.rules.of_part, self.stock.rules.most // len(best))
        return [self._proposals(rows[part], each) for part in best]

    def _proposals(self, rows: Ints, most: int) -> Ints:
        key = rows.tobytes(), most
        if key not in self._proposed:
            stock, rules = self.stock, self.stock.rules
            quality, look = stock.line.quality[rows], stock.line.columns.descriptor[rows]
            picks = choose(stock.moment[rows], quality, look, stock.equals[rows], most=most, rules=rules.selection)
            self._proposed[key] = rows[picks]
        return self._proposed[key]

    def _chosen(self, pool: list[Ints]) -> Ints:
        chosen, quality = np.sort(np.concatenate(pool)), self.stock.line.quality
        # Duplicates may lie in two events: a copy that kept its time, a burst cut in two.
        chosen = chosen[best_of_each(self.stock.equals[chosen], quality[chosen])]
        return np.sort(
            self._diverse(chosen[_one_video(self.stock.line.columns, chosen, quality)], self.stock.rules.most)
        )

    def _diverse(self, rows: Ints, most: int) -> Ints:
        stock = self.stock
        if len(rows) <= most:
            return rows
        look, quality = stock.line.columns.descriptor[rows], stock.line.quality[rows]
        return rows[diverse(quality, look, most, stock.rules.selection)]


def _one_video(columns: PhotoColumns, rows: Ints, quality: Floats) -> Bools:
    """Return which rows stay when the best video stands for all of them."""
    video = columns.media[rows] == "video"
    if video.sum() > 1:
        best = int(np.where(video, quality[rows], -1.0).argmax())
        video[best] = False
        return ~video
    return np.ones(len(rows), bool)


def _upright_first(columns: PhotoColumns, rows: Ints, quality: Floats) -> Floats:
    """Return the quality with a small bonus for pictures that survive being cropped to a card: not extreme in shape."""
    shape = columns.width[rows] / np.maximum(columns.height[rows], 1)
    return quality + 0.1 * ((shape > 0.6) & (shape < 2.0)) - 0.2 * (columns.media[rows] == "video")
