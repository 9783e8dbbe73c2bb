"""Why a photo is shown in no memory, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from daguerre.curation.columns import DAY_S, PhotoColumns, timed
from daguerre.curation.exclusion_rules import NOTHING_EXCLUDED, Area, Days, ExclusionRules, hidden
from daguerre.curation.exclusions import documents, never_shown

#: Attributes of the rules as people say them.
_SAID = {
    "archived": "archived",
    "locked": "locked",
    "people": "shows {}",
    "classes": "shows {}",
    "places": "taken in {}",
    "days": "taken on {}",
    "areas": "taken within {}",
}


def why_hidden(library: PhotoColumns, row: int, rules: ExclusionRules, *, until_s: float) -> list[str]:
    """Return every reason why no memory shows a photo, the owner's rules first; empty when it may be shown.

    Args:
        library: The owner's whole library: a photo without GPS was where its neighbours in time were.
        row: The photo.
        rules: The owner's.
        until_s: The present, as for `excluded`.
    """
    asked = [f"{said} (rule of version {rules.number})" for said, one in _single(rules) if hidden(library, one)[row]]
    return [*asked, *_in_general(library, row, until_s)]


def _single(rules: ExclusionRules) -> Iterator[tuple[str, ExclusionRules]]:
    """Yield each rule alone, with its words."""
    for name in (field.name for field in fields(rules) if field.name != "number"):
        for value in sorted(getattr(rules, name)):
            yield _SAID[name].format(_shown(value)), NOTHING_EXCLUDED.having(name, [value])


def _in_general(library: PhotoColumns, row: int, until_s: float) -> list[str]:
    if not never_shown(library, until_s=until_s)[row]:
        return []
    reasons = []
    if documents(library)[row]:
        reasons.append("a document, receipt or screenshot")
    if not timed(library)[row]:
        reasons.append("no device wrote down when it was taken")
    elif np.nan_to_num(library.taken_s[row], nan=np.inf) > until_s + DAY_S:
        reasons.append("taken in the future, as its clock says")
    return reasons or ["too small to look at"]


def _shown(value: str | Days | Area) -> str:
    if isinstance(value, Days):
        return f"{value.first}" if value.first == value.last else f"{value.first} to {value.last}"
    return f"{value.km:g} km of {value.lat:g}, {value.lon:g}" if isinstance(value, Area) else value
