"""Lives without pixels: libraries as columns, with the truth beside them, made hard on purpose.

What makes them hard is kept on purpose; on an easier generator a fixed gap finds every event and proves nothing: walks
that move, lunch gaps, parties over midnight, occasions back to back, photos without GPS, a second camera an hour off.
Distances between looks and hashes follow what was measured on generated pictures (descriptor and PDQ).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from daguerre.curation.columns import PhotoColumns

HOUR_S, DAY_S = 3600.0, 86_400.0
#: 2023-01-02 00:00 UTC.
START_S = 1_672_617_600.0
HOME = (48.1, 11.6)
LOOK_DIM = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Life:
    """n photos in order of time and what is true about them. `trip` is 0 at home, `late_s` 0 with the right clock."""

    taken_s: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    event: np.ndarray
    trip: np.ndarray
    late_s: np.ndarray

    @property
    def boundaries(self) -> np.ndarray:
        return np.diff(self.event) != 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Album:
    """A library with the true group of each photo (alone: a number of its own) and what made it."""

    columns: PhotoColumns
    group: np.ndarray
    kind: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Occasion:
    """The photos of one event: looks, times, qualities, and the true moment of each."""

    taken_s: np.ndarray
    look: np.ndarray
    quality: np.ndarray
    moment: np.ndarray


def columns(n: int, **given: Any) -> PhotoColumns:
    """Return n plain photos, one a minute at home, with the given columns in place of the plain ones."""
    rng = np.random.default_rng(n)

    def words(text: str) -> np.ndarray:
        return np.full(n, text, object)

    people = np.empty(n, object)
    people[:] = [()] * n
    plain: dict[str, Any] = {
        "photo_id": np.array([f"{i:032x}" for i in range(n)], object),
        "source_key": np.array([f"alice/{i:06d}.jpg" for i in range(n)], object),
        "media": words("photo"),
        "format": words("jpeg"),
        "taken_s": START_S + 60.0 * np.arange(n),
        "offset_s": np.zeros(n),
        "trusted": np.ones(n, bool),
        "lat": np.full(n, HOME[0]),
        "lon": np.full(n, HOME[1]),
        "place": words("Munich, DE"),
        "camera": words("Example One"),
        "software": words(""),
        "burst_id": words(""),
        "width": np.full(n, 4000),
        "height": np.full(n, 3000),
        "bytes": np.full(n, 3_000_000),
        "uploads": np.ones(n, np.int64),
        "pixel_sha256": np.array([f"{i:064x}" for i in range(n)], object),
        "pdq": rng.integers(0, 256, (n, 32), np.uint8),
        "pdq_quality": np.full(n, 100),
        "descriptor": unit(rng.normal(size=(n, LOOK_DIM))).astype(np.float32),
        "sharpness": np.full(n, np.nan),
        "exposure": np.full(n, np.nan),
        "contrast": np.full(n, np.nan),
        "noise": np.full(n, np.nan),
        "aesthetic": np.full(n, np.nan),
        "document": np.full(n, np.nan),
        "concept": words(""),
        "faces": np.full(n, np.nan),
        "face_area": np.full(n, np.nan),
        "face_quality": np.full(n, np.nan),
        "people": people,
        "views": np.zeros(n),
        "favorites": np.zeros(n),
        "shares": np.zeros(n),
        "skew_s": np.zeros(n),
    }
    return PhotoColumns(**(plain | given))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def moved(rng: np.random.Generator, look: np.ndarray, distance: float) -> np.ndarray:
    """Return a unit vector at exactly this cosine distance from `look`."""
    aside = rng.normal(size=look.shape)
    aside = unit(aside - (aside @ look) * look)
    cosine = 1 - distance
    return cosine * look + np.sqrt(max(0.0, 1 - cosine**2)) * aside


def flipped(rng: np.random.Generator, bits: np.ndarray, count: int) -> np.ndarray:
    """Return the 256 bits with `count` of them flipped."""
    result = bits.copy()
    result[rng.choice(256, size=min(count, 256), replace=False)] ^= True
    return result


def life(seed: int, *, years: int = 2, gps: float = 0.7, skewed_clock: bool = True) -> Life:
    """Return a life whose events are hard to tell apart; every ninth week or so is a journey of nine days."""
    rng = np.random.default_rng(seed)
    home, rows, event = np.array(HOME), [], 0
    for day in range(365 * years):
        number = day // 9
        away = number % 6 == 5
        base = home + np.array([3.0, 4.0]) * (day // 54 % 3 + 1) / 2 if away else home
        if not away and rng.random() > 0.3:
            continue
        t = day * DAY_S + rng.uniform(8, 11) * HOUR_S
        for _ in range(int(rng.integers(1, 4))):
            kind = str(rng.choice(["plain", "walk", "lunch", "party"], p=[0.45, 0.25, 0.2, 0.1]))
            span = {"plain": (0.2, 2), "walk": (1, 4), "lunch": (3, 6), "party": (4, 7)}[kind]
            lasts = rng.uniform(*span) * HOUR_S
            t = max(t, day * DAY_S + 20.5 * HOUR_S) if kind == "party" else t
            where = base + (0 if rng.random() < 0.25 else rng.normal(0, 0.05, 2))
            for at, place in _session(rng, kind, lasts, where):
                # the second camera's clock was never set to the time of the journey
                late = HOUR_S if away and skewed_clock and rng.random() < 0.25 else 0.0
                rows.append((START_S + t + at + late, *place, event, number if away else 0, late))
            event += 1
            t += lasts + (rng.uniform(0.8, 1.5) if rng.random() < 0.5 else rng.uniform(2, 6)) * HOUR_S
    return _life(rng, rows, gps)


def journeys(seed: int, *, years: int = 2, gps: float = 0.7, at_home: float = 1.0) -> Life:
    """Return a life with journeys of 2 to 10 days; below 1, `at_home` leaves out that much of the photos at home."""
    rng = np.random.default_rng(seed)
    home, rows, event, trip, day = np.array(HOME), [], 0, 0, 0
    while day < 365 * years:
        if rng.random() < 0.012:
            trip, days = trip + 1, int(rng.integers(2, 11))
            there = home + rng.normal(0, 1, 2) * (6, 9)
            if np.hypot(*(there - home)) < 1.2:
                there = home + 2.5
            plan = [(hour, there + rng.normal(0, 0.15, 2)) for hour in (9, 14, 19)]
        else:
            days, plan = 1, [(hour, home + rng.normal(0, 0.08, 2)) for hour in (11, 18) if rng.random() < 0.25]
        for later in range(days):
            for hour, where in plan[: int(rng.integers(1, 4))]:
                t = (day + later) * DAY_S + (hour + rng.uniform(-1, 1)) * HOUR_S
                n = int(rng.integers(5, 60)) if days > 1 else int(rng.integers(1, 40))
                kept = np.sort(rng.uniform(0, 2 * HOUR_S, n))[rng.random(n) < (1.0 if days > 1 else at_home)]
                spots = where + rng.normal(0, 0.005, (len(kept), 2))
                rows += [
                    (START_S + t + at, *spot, event, trip * (days > 1), 0.0)
                    for at, spot in zip(kept, spots, strict=True)
                ]
                event += 1
        day += days
    return _life(rng, rows, gps)


def _session(rng: np.random.Generator, kind: str, lasts: float, where: np.ndarray) -> list[tuple[float, np.ndarray]]:
    n = int(rng.integers(3, 40))
    times = np.sort(rng.uniform(0, lasts, n))
    if kind == "lunch":
        early = rng.uniform(0, lasts * 0.25, n // 2)
        times = np.sort(np.concatenate([early, rng.uniform(lasts * 0.75, lasts, n - n // 2)]))
    way = np.zeros((n, 2))
    if kind == "walk":
        way = np.cumsum(rng.normal(0, 0.004, (n, 2)), 0) + np.linspace(0, 1, n)[:, None] * rng.normal(0, 0.05, 2)
    return list(zip(times.tolist(), where + way + rng.normal(0, 0.002, (n, 2)), strict=True))


def _life(rng: np.random.Generator, rows: list[tuple[float, ...]], gps: float) -> Life:
    table = np.array(sorted(rows, key=lambda row: row[0]))
    lost = rng.random(len(table)) >= gps
    return Life(
        taken_s=table[:, 0],
        lat=np.where(lost, np.nan, table[:, 1]),
        lon=np.where(lost, np.nan, table[:, 2]),
        event=table[:, 3].astype(int),
        trip=table[:, 4].astype(int),
        late_s=table[:, 5],
    )


class _Shelf:
    """Collects the rows of an album."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, look: np.ndarray, bits: np.ndarray, **facts: Any) -> None:
        self.rows.append({"look": look, "bits": bits, **facts})


def album(seed: int, *, scenes: int = 400) -> Album:
    """Return single photos, copies, bursts, pans, places seen again and pages of one form.

    A pan drifts: its first and its last frame are other pictures, so every three frames are a group. Places seen again
    and filled-in forms look alike and are no duplicates.
    """
    rng = np.random.default_rng(seed)
    themes = unit(rng.normal(size=(40, LOOK_DIM)) + 0.6 * rng.normal(size=LOOK_DIM))
    shelf, group, t = _Shelf(), 0, START_S
    seen: list[np.ndarray] = []
    for _ in range(scenes):
        t += rng.exponential(2 * HOUR_S) + 120
        look = moved(rng, themes[rng.integers(len(themes))], rng.uniform(0.04, 0.4))
        bits = rng.random(256) < 0.5
        kind = str(
            rng.choice(["single", "copies", "burst", "pan", "again", "form"], p=[0.4, 0.2, 0.2, 0.06, 0.1, 0.04])
        )
        if kind == "again" and seen:
            look = moved(rng, seen[rng.integers(len(seen))], rng.uniform(0.01, 0.08))
        seen.append(look)
        group = _scene(rng, shelf, kind, look, bits, group, t)
    return _album(rng, shelf)


def _scene(
    rng: np.random.Generator, shelf: _Shelf, kind: str, look: np.ndarray, bits: np.ndarray, group: int, t: float
) -> int:
    base = {"kind": kind, "trusted": True, "width": 4000, "bytes": 3_000_000, "software": "", "document": 0.0}
    if kind == "copies":
        shelf.add(look, bits, group=group, t=t, **base)
        for _ in range(int(rng.integers(1, 4))):
            _copy(rng, shelf, look, bits, base | {"group": group}, t)
        return group + 1
    if kind == "burst":
        at = 0.0
        for turn in range(int(rng.integers(1, 3))):
            if turn:  # the camera turns to something else in the same place, seconds later
                look, bits = moved(rng, look, float(rng.uniform(0.05, 0.25))), flipped(rng, bits, 110)
                group += 1
            for _ in range(int(rng.integers(2, 10))):
                near = moved(rng, look, float(rng.uniform(0.001, 0.03)))
                shelf.add(near, flipped(rng, bits, int(rng.integers(15, 70))), group=group, t=t + at, **base)
                at += float(rng.uniform(0.3, 4))
        return group + 1
    if kind == "pan":
        for frame in range(18):
            shelf.add(look, bits, group=group + frame // 3, t=t + 4 * frame, **base)
            look, bits = moved(rng, look, 0.03), flipped(rng, bits, int(rng.integers(50, 100)))
        return group + 6
    if kind == "form":
        for page in range(int(rng.integers(2, 6))):
            facts = base | {"document": 1.0, "group": group + page, "t": t + 40 * page}
            shelf.add(
                moved(rng, look, float(rng.uniform(0.004, 0.03))), flipped(rng, bits, int(rng.integers(6, 50))), **facts
            )
        return group + 6
    shelf.add(look, bits, group=group, t=t, **base)
    return group + 1


def _copy(
    rng: np.random.Generator, shelf: _Shelf, look: np.ndarray, bits: np.ndarray, facts: dict[str, Any], t: float
) -> None:
    how = str(rng.choice(["sent", "sent crop", "filter", "crop"], p=[0.55, 0.05, 0.2, 0.2]))
    if how.startswith("sent"):  # through a messenger: smaller, re-encoded, and without the camera's data
        facts = facts | {"trusted": False, "width": 1600, "bytes": 300_000, "t": t + float(rng.uniform(0, 30 * DAY_S))}
        distance, changed = rng.uniform(0, 0.006), rng.integers(4, 28)
        if how == "sent crop":
            distance, changed = rng.uniform(0.002, 0.04), rng.integers(48, 132)
    elif how == "filter":
        facts = facts | {"software": "Example Editor", "bytes": 2_000_000, "t": t}
        distance, changed = rng.uniform(0.03, 0.4), rng.integers(0, 12)
    else:
        facts = facts | {"software": "Example Editor", "width": 3500, "bytes": 2_500_000, "t": t}
        distance, changed = rng.uniform(0.002, 0.04), rng.integers(48, 132)
    shelf.add(moved(rng, look, float(distance)), flipped(rng, bits, int(changed)), **facts)


def _album(rng: np.random.Generator, shelf: _Shelf) -> Album:
    rows = [shelf.rows[i] for i in rng.permutation(len(shelf.rows))]

    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows])

    trusted, document = column("trusted"), column("document")
    made = columns(
        len(rows),
        taken_s=column("t"),
        trusted=trusted,
        camera=np.where(trusted, "Example One", "").astype(object),
        software=column("software").astype(object),
        width=column("width"),
        height=column("width") * 3 // 4,
        bytes=column("bytes"),
        pdq=np.packbits(column("bits"), axis=1),
        descriptor=column("look").astype(np.float32),
        sharpness=rng.normal(6, 1, len(rows)),
        document=document,
    )
    order = np.lexsort((made.photo_id.astype(str), made.taken_s))
    return Album(columns=made.take(order), group=column("group")[order], kind=column("kind")[order])


def occasion(seed: int) -> Occasion:
    """Return an event of 6 to 13 moments; a few of them take most of the photos, and good ones come together."""
    rng = np.random.default_rng(seed)
    looks, times, quality, moment, t = [], [], [], [], START_S
    theme = unit(rng.normal(size=LOOK_DIM))
    for number in range(int(rng.integers(6, 14))):
        n = int(np.clip(rng.pareto(1.1) * 4 + 1, 1, 60))
        look = moved(rng, theme, float(rng.uniform(0.12, 0.5)))
        level = rng.normal(0, 0.6)
        for _ in range(n):
            looks.append(moved(rng, look, float(rng.uniform(0.005, 0.07))))
            times.append(t)
            quality.append(level + rng.normal(0, 0.5))
            moment.append(number)
            t += float(rng.exponential(12))
        t += float(rng.uniform(60, 900))
    scores = np.array(quality)
    return Occasion(
        taken_s=np.array(times),
        look=np.array(looks, np.float32),
        quality=(scores - scores.min()) / (np.ptp(scores) + 1e-9),
        moment=np.array(moment),
    )
