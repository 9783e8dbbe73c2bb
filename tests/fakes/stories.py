"""Years of days without pixels, some of them truly big, and rarely the ones with most photos.

Big days are birthdays, weddings, outings, reunions, a first day of something, a concert, the full days of a journey.
Days with many photos that nobody wants back: series of one cat, things for sale, screenshots, papers, a test of a new
camera. In between: errands to a new place, rest days of a journey, visits as every week. Photos get more over the
years; faces are missed, favourites fall on dull photos too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import PhotoColumns
from tests.fakes.lives import DAY_S, HOME, HOUR_S, LOOK_DIM, START_S, columns, moved, unit

HOUSEHOLD = ("ada", "bob", "eve")
FRIENDS = tuple(f"friend {i}" for i in range(30))


@dataclass(frozen=True, kw_only=True, eq=False)
class Story:
    """n photos in order of time; what each day was (`local_day` of the columns), and which days were big."""

    columns: PhotoColumns
    kind_of: dict[int, str]
    big: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the photos of a day come about; `photos` and `hours` are ranges.

    `faces` a photo, `strangers` rarely seen people, `loved` share of favourites, `way_km` a range from home,
    `series` frames of one moment, `papers` share of documents.
    """

    often: float
    photos: tuple[int, int]
    hours: tuple[float, float]
    big: bool = False
    faces: float = 0.4
    strangers: tuple[int, int] = (0, 0)
    loved: float = 0.02
    way_km: tuple[float, float] = (0.0, 6.0)
    usual_place: bool = False
    series: float = 1.4
    apart_s: float = 0.0
    screens: bool = False
    papers: float = 0.02


PLANS = {
    "plain": Plan(often=0.6, photos=(1, 14), hours=(0.1, 9)),
    "errand": Plan(often=0.07, photos=(1, 7), hours=(0.1, 2), way_km=(12, 60), faces=0.1),
    "visit": Plan(often=0.1, photos=(6, 40), hours=(1, 6), usual_place=True, faces=1.2, strangers=(0, 1)),
    "cat": Plan(often=0.03, photos=(40, 220), hours=(0.2, 3), series=25, faces=0.1),
    "sale": Plan(often=0.03, photos=(25, 110), hours=(0.5, 3), apart_s=25, faces=0.03, series=2),
    "screens": Plan(often=0.03, photos=(15, 120), hours=(1, 10), screens=True, faces=0.3),
    "papers": Plan(often=0.03, photos=(15, 80), hours=(0.3, 5), papers=0.85, faces=0.05),
    "camera": Plan(often=0.015, photos=(50, 250), hours=(1, 7), way_km=(0, 9), series=8, faces=0.2),
    "birthday": Plan(
        often=0.018, photos=(10, 50), hours=(2, 8), big=True, faces=2.4, strangers=(2, 7), loved=0.08, series=2
    ),
    "wedding": Plan(
        often=0.004,
        photos=(60, 200),
        hours=(7, 14),
        big=True,
        faces=3,
        strangers=(6, 15),
        loved=0.07,
        way_km=(3, 180),
        series=3,
    ),
    "outing": Plan(
        often=0.024, photos=(8, 60), hours=(3, 10), big=True, faces=0.7, loved=0.07, way_km=(25, 170), series=2
    ),
    "reunion": Plan(
        often=0.012, photos=(5, 25), hours=(1, 6), big=True, faces=2.2, strangers=(2, 6), loved=0.06, usual_place=True
    ),
    "first": Plan(often=0.01, photos=(4, 16), hours=(0.3, 8), big=True, faces=0.9, loved=0.35, series=2),
    "concert": Plan(often=0.008, photos=(5, 22), hours=(1, 4), big=True, faces=0.2, loved=0.1, way_km=(1, 15)),
}
_FULL = Plan(often=0, photos=(12, 70), hours=(5, 12), big=True, faces=0.7, loved=0.05, series=2)
_REST = Plan(often=0, photos=(1, 9), hours=(0.1, 6), faces=0.4)


def story(seed: int, *, years: int = 2, gps: float = 0.7, named: bool = True, loved: bool = True) -> Story:
    """Return a life of so many years.

    Args:
        seed: Of everything.
        years: Whole years from the beginning of 2023.
        gps: Share of the days on which the camera knew its position at all; a tenth of those photos lost it.
        named: Whether anybody named people.
        loved: Whether anybody marked favourites and looked at photos again.
    """
    rng = np.random.default_rng(seed)
    book = _Book(rng, gps)
    names, often = list(PLANS), np.array([plan.often for plan in PLANS.values()])
    day = 0
    while day < 365 * years:
        if rng.random() < 0.008:
            away = book.there(float(rng.uniform(150, 3000)))
            for _ in range(int(rng.integers(2, 9))):
                full = rng.random() < 0.55
                spot = away + rng.normal(0, 0.1, 2)
                book.live(day, "full day" if full else "rest day", _FULL if full else _REST, spot)
                day += 1
        elif rng.random() < 0.55:
            kind = str(rng.choice(names, p=often / often.sum()))
            plan = PLANS[kind]
            book.live(day, kind, plan, book.usual if plan.usual_place else book.there(float(rng.uniform(*plan.way_km))))
        day += 1
    return book.close(named=named, loved=loved)


class _Book:
    """Collects days."""

    def __init__(self, rng: np.random.Generator, gps: float) -> None:
        self.rng, self.gps = rng, gps
        self.usual = self.there(15.0)
        self.rows: list[tuple[float, float, float, int, bool, bool, tuple[str, ...], float, float]] = []
        self.looks: list[np.ndarray] = []
        self.kind_of: dict[int, str] = {}
        self.big: set[int] = set()

    def there(self, km: float) -> np.ndarray:
        angle = self.rng.uniform(0, 2 * np.pi)
        return np.array(HOME) + km / 111 * np.array([np.sin(angle), np.cos(angle) / np.cos(np.radians(HOME[0]))])

    def live(self, day: int, kind: str, plan: Plan, spot: np.ndarray) -> None:
        rng = self.rng
        number = int(START_S // DAY_S) + day
        self.kind_of[number] = kind
        self.big |= {number} if plan.big else set()
        more = 1 + 0.8 * day / 730  # a better phone takes more photos
        n = max(1, int(rng.integers(plan.photos[0], plan.photos[1] + 1) * more))
        lasts = rng.uniform(*plan.hours) * HOUR_S
        begins = START_S + day * DAY_S + rng.uniform(7.5 * HOUR_S, max(8 * HOUR_S, 22 * HOUR_S - lasts))
        guests = rng.choice(len(FRIENDS), int(rng.integers(plan.strangers[0], plan.strangers[1] + 1)), replace=False)
        company = (*HOUSEHOLD, *(FRIENDS[i] for i in guests))
        known = rng.random() < self.gps
        place, left = unit(rng.normal(size=LOOK_DIM)), n
        while left > 0:
            frames = min(left, int(rng.geometric(1 / plan.series)))
            look, at = moved(rng, place, float(rng.uniform(0.1, 0.6))), begins + rng.uniform(0, lasts)
            for frame in range(frames):
                screen = plan.screens and rng.random() < 0.9
                faces = 0 if screen else int(rng.poisson(plan.faces))
                people = tuple(rng.choice(company, min(faces, len(company)), replace=False).tolist())
                has_gps = known and not screen and rng.random() < 0.9
                where = spot + rng.normal(0, 0.004, 2) if has_gps else np.full(2, np.nan)
                loved = float(rng.random() < plan.loved)
                seen = max(faces + int(rng.random() < 0.05) - int(rng.binomial(faces, 0.2)), 0)
                paper = rng.random() < plan.papers * 0.9 or (plan.papers < 0.5 and rng.random() < 0.02)
                self.rows.append((at + 3.0 * frame, *where, seen, screen, paper, people, loved, rng.poisson(3 * loved)))
                self.looks.append(moved(rng, look, float(rng.uniform(0.002, 0.04))))
            left -= frames

    def close(self, *, named: bool, loved: bool) -> Story:
        order = np.argsort([row[0] for row in self.rows], kind="stable")
        rows, n = [self.rows[i] for i in order], len(self.rows)
        taken, lat, lon, faces, screen, paper, people, hearts, views = (list(each) for each in zip(*rows, strict=True))
        whom = np.empty(n, object)
        whom[:] = people if named else [()] * n
        keys = [f"alice/{'Screenshot ' if s else ''}{i:06d}.jpg" for i, s in enumerate(screen)]
        made = columns(
            n,
            taken_s=np.array(taken),
            lat=np.array(lat),
            lon=np.array(lon),
            place=np.full(n, "", object),
            source_key=np.array(keys, object),
            document=np.array(paper, float),
            faces=np.array(faces, float),
            people=whom,
            favorites=np.array(hearts) * loved,
            views=np.array(views, float) * loved,
            descriptor=np.array([self.looks[i] for i in order], np.float32),
            sharpness=self.rng.normal(6, 1, n),
        )
        return Story(columns=made, kind_of=self.kind_of, big=frozenset(self.big))
