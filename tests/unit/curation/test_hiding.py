"""A photo is hidden by the reasons that are told, and by no others."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from daguerre.curation.exclusion_rules import Area, Days, ExclusionRules, excluded
from daguerre.curation.hiding import why_hidden
from tests.fakes.lives import DAY_S, HOME, START_S, columns

UNTIL_S = START_S + 400 * DAY_S
FIRST = date(2023, 1, 2)


def people(names: tuple[str, ...]) -> np.ndarray:
    result = np.empty(4, object)
    result[:] = [names] * 4
    return result


@pytest.mark.parametrize(
    ("given", "rules", "said"),
    [
        ({}, {}, []),
        ({}, {"archived": frozenset({f"{1:032x}"})}, ["archived"]),
        ({}, {"places": frozenset({"Munich, DE", "Oslo, NO"})}, ["taken in Munich, DE"]),
        ({"people": people(("ada", "eve"))}, {"people": frozenset({"eve"})}, ["shows eve"]),
        ({}, {"days": (Days(first=FIRST, last=FIRST),)}, ["taken on 2023-01-02"]),
        ({}, {"areas": (Area(lat=HOME[0], lon=HOME[1], km=3),)}, ["taken within 3 km of 48.1, 11.6"]),
        ({"document": np.ones(4)}, {}, ["a document, receipt or screenshot"]),
        ({"width": np.full(4, 100), "height": np.full(4, 100)}, {}, ["too small to look at"]),
        ({"trusted": np.array([True, False, True, True])}, {}, ["no device wrote down when it was taken"]),
        ({"taken_s": np.full(4, UNTIL_S + 9 * DAY_S)}, {}, ["taken in the future, as its clock says"]),
    ],
)
def test_every_reason_is_told(given: dict[str, np.ndarray], rules: dict[str, object], said: list[str]) -> None:
    library, asked = columns(4, **given), ExclusionRules(number=3, **rules)
    reasons = why_hidden(library, 1, asked, until_s=UNTIL_S)
    assert [reason.removesuffix(" (rule of version 3)") for reason in reasons] == said
    assert bool(reasons) == excluded(library, asked, until_s=UNTIL_S)[1]
