"""Lives of people with two cameras, with looks and written times, and the truth about the second camera's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import PhotoColumns
from tests.fakes.lives import DAY_S, LOOK_DIM, columns, life, moved, unit

FIRST, SECOND = "Example Phone", "Example Camera"


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoCameras:
    """n photos, by written time; `event` and `late_s` (written minus true) are the truth of each row."""

    columns: PhotoColumns
    event: np.ndarray
    late_s: np.ndarray

    @property
    def true_s(self) -> np.ndarray:
        return self.columns.taken_s - self.late_s


def two_cameras(
    seed: int,
    *,
    offsets_s: Sequence[float] = (3600.0,),
    gps: float = 0.7,
    years: int = 2,
    second_gps: bool = True,
    together: bool = True,
) -> TwoCameras:
    """Return a life whose second camera was wrong by each of the offsets in turn, each for an equal share of its days.

    People photograph the same subject with both cameras, a while apart: most subjects are over in a minute or two, and
    come again later. Between cameras the looks of one subject differ more than between two shots of one camera.
    Without `together` the second camera has whole events to itself, on journeys the evenings: nothing says when.
    """
    rng = np.random.default_rng(seed + 70_000)
    lived = life(seed, years=years, gps=gps)
    second, true_s = lived.late_s > 0, lived.taken_s - lived.late_s
    if not together:
        last = np.flatnonzero(np.diff(np.floor(true_s / DAY_S)) != 0)
        second = np.isin(lived.event, lived.event[last]) & (lived.trip > 0)
    late = np.zeros(len(true_s))
    rank = np.searchsorted(np.unique(lived.event[second]), lived.event[second])
    late[second] = np.array(offsets_s)[rank * len(offsets_s) // (rank.max() + 1)]
    look = _looks(rng, true_s, lived.event, second)
    lost = second & (not second_gps)
    order = np.argsort(true_s + late, kind="stable")
    made = columns(
        len(order),
        taken_s=(true_s + late)[order],
        lat=np.where(lost, np.nan, lived.lat)[order],
        lon=np.where(lost, np.nan, lived.lon)[order],
        camera=np.where(second, SECOND, FIRST).astype(object)[order],
        descriptor=look[order].astype(np.float32),
        document=np.zeros(len(order)),
    )
    return TwoCameras(columns=made, event=lived.event[order], late_s=late[order])


def _looks(rng: np.random.Generator, true_s: np.ndarray, event: np.ndarray, second: np.ndarray) -> np.ndarray:
    themes = unit(rng.normal(size=(30, LOOK_DIM)))
    look = np.empty((len(true_s), LOOK_DIM))
    before, theme, seen = -1, themes[0], [themes[0]]
    subject, last_s = themes[0], -np.inf
    for row in np.argsort(true_s, kind="stable"):
        if event[row] != before:
            before, seen = event[row], []
            theme = moved(rng, themes[rng.integers(len(themes))], float(rng.uniform(0.05, 0.4)))
        if not seen or true_s[row] - last_s > 90 or rng.random() < 0.4:
            again = seen and rng.random() < 0.4
            subject = seen[rng.integers(len(seen))] if again else moved(rng, theme, float(rng.uniform(0.12, 0.5)))
            seen.append(subject)
        last_s = true_s[row]
        look[row] = moved(rng, subject, float(rng.uniform(0.04, 0.2) if second[row] else rng.uniform(0.005, 0.05)))
    return look
