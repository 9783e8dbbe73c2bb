"""The lives of owners: where they live and work, whom they know, what they never photograph."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from daguerre.library.scenes.scene import FOODS, SUBJECTS, choose
from daguerre.library.seeding import rng, seed_of
from daguerre.library.truth import Camera
from daguerre.library.world import HOMES, Place, moved

PHONES = (
    Camera(make="Apple", model="iPhone 13", software="17.4.1", phone=True),
    Camera(make="Google", model="Pixel 7", software="HDR+ 1.0.540104767zd", phone=True),
    Camera(make="samsung", model="SM-S911B", software="S911BXXS3CXD1", phone=True),
)
CAMERAS = (
    Camera(make="Canon", model="Canon EOS R6", software="", phone=False),
    Camera(make="FUJIFILM", model="X-T4", software="Digital Camera X-T4 Ver1.30", phone=False),
    Camera(make="SONY", model="ILCE-7M3", software="ILCE-7M3 v3.10", phone=False),
)
_NAMES = (
    "Ana",
    "Ben",
    "Chiara",
    "Dev",
    "Ella",
    "Femi",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Liam",
    "Mira",
    "Noah",
)


@dataclass(frozen=True, kw_only=True)
class Life:
    """What stays the same about an owner.

    Attributes:
        people: Identity seeds of the people whom they know, by name.
        birthday: Month and day.
        avoids: Subjects and foods that they never photograph.
        loves: The sort of view that they look at most.
    """

    owner_id: str
    home: Place
    work: tuple[float, float]
    phone: Camera
    second: Camera
    people: dict[str, int] = field(repr=False)
    birthday: tuple[int, int]
    avoids: frozenset[str]
    loves: str


def life_of(seed: int, owner_id: str, rank: int) -> Life:
    """Return the life of one owner; `rank` spreads owners over homes, so that few owners live apart."""
    r = rng(seed, "life", owner_id)
    home = HOMES[(seed + rank) % len(HOMES)]
    names = r.permutation(len(_NAMES))[:7]
    return Life(
        owner_id=owner_id,
        home=home,
        work=moved(home.lat, home.lon, r.uniform(3, 9), r.uniform(0, 360)),
        phone=PHONES[(seed + rank) % len(PHONES)],
        second=choose(r, CAMERAS),
        people={_NAMES[i]: seed_of(seed, owner_id, "person", _NAMES[i]) % 2**31 for i in names},
        birthday=(int(r.integers(1, 13)), int(r.integers(1, 29))),
        avoids=frozenset((*_some(r, SUBJECTS[1:], 2), *_some(r, FOODS, 2))) - {"cake"},
        loves=choose(r, home.views),
    )


def _some(r: np.random.Generator, words: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(words[i] for i in r.permutation(len(words))[:count])
