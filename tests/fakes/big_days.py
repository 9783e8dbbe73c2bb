"""Whether big days are found: the days of a story as they were and as they look, with less and less known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.exclusions import never_shown
from daguerre.curation.selection import moment_labels
from daguerre.curation.significance import Significance, kilometres, significance
from tests.fakes.lives import START_S
from tests.fakes.stories import Story

_FAR_FUTURE_S = START_S + 1e9


@dataclass(frozen=True, kw_only=True)
class Days:
    """Of k days: which were big, how many photos (all; no papers and screens) they have, how significant they are."""

    big: np.ndarray
    photos: np.ndarray
    may_be_shown: np.ndarray
    found: Significance


def judged(told: Story, photos: PhotoColumns) -> Days:
    """Judge the days by photos of the story of which something may have been left out."""
    day, label = np.unique(photos.local_day.astype(int), return_inverse=True)
    shown = ~never_shown(photos, until_s=_FAR_FUTURE_S)
    moment = moment_labels(photos.taken_s, photos.descriptor, np.arange(len(photos)))
    return Days(
        big=np.array([int(d) in told.big for d in day]),
        photos=np.bincount(label).astype(float),
        may_be_shown=np.bincount(label[shown], minlength=len(day)).astype(float),
        found=significance(photos, label, moment, shown, kilometres(photos)),
    )


def unsigned(photos: PhotoColumns) -> PhotoColumns:
    """Leave out the people and what anybody marked or looked at."""
    people = np.empty(len(photos), object)
    people[:] = [()] * len(photos)
    return replace(photos, people=people, favorites=np.zeros(len(photos)), views=np.zeros(len(photos)))


def without_gps(photos: PhotoColumns) -> PhotoColumns:
    """Leave a position on every seventh day."""
    lost = photos.local_day.astype(int) % 7 > 0
    return replace(photos, lat=np.where(lost, np.nan, photos.lat), lon=np.where(lost, np.nan, photos.lon))


#: What may be known of a library, most first.
STRATA: dict[str, Callable[[PhotoColumns], PhotoColumns]] = {
    "everything known": lambda photos: photos,
    "a tenth with GPS": without_gps,
    "nobody named, nothing marked": unsigned,
    "neither, and a tenth with GPS": lambda photos: without_gps(unsigned(photos)),
}
