"""Exclusions are law: an oracle that looks at one photo at a time never disagrees."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from daguerre.curation.columns import PhotoColumns
from daguerre.curation.exclusion_log import change_rules, owners_with_rules, read_rules
from daguerre.curation.exclusion_rules import Area, Days, ExclusionError, ExclusionRules, excluded, hidden
from daguerre.curation.memories import make_memories
from daguerre.curation.timeline import timeline
from daguerre.ids import OwnerId
from daguerre.settings import load_settings
from daguerre.stages.feed import still_shown
from daguerre.workspace import open_workspace
from tests.fakes.lives import DAY_S, START_S, columns

UNTIL_S = START_S + 900 * DAY_S
PLACES = ("Lisbon, PT", "Oslo, NO", "", "Rome, IT")
CONCEPTS = ("dog", "beach", "receipt", "", "food")
PEOPLE = ((), ("ada",), ("bob", "ada"), ("eve",))


def a_library(rng: np.random.Generator, n: int) -> PhotoColumns:
    people = np.empty(n, object)
    people[:] = [PEOPLE[i] for i in rng.integers(len(PEOPLE), size=n)]
    concept = np.array(CONCEPTS, object)[rng.integers(len(CONCEPTS), size=n)]
    return columns(
        n,
        taken_s=START_S + np.sort(rng.uniform(0, 800 * DAY_S, n)),
        offset_s=rng.choice([-18000.0, 0.0, 7200.0], n),
        lat=np.where(rng.random(n) < 0.7, rng.uniform(-60, 60, n), np.nan),
        lon=rng.uniform(-170, 170, n),
        place=np.array(PLACES, object)[rng.integers(len(PLACES), size=n)],
        concept=concept,
        document=np.where(concept == "receipt", 1.0, 0.0),
        people=people,
        photo_id=np.array([f"{i:032x}" for i in rng.choice(10**9, n, replace=False)], object),
    ).in_order()


def some_rules(rng: np.random.Generator, library: PhotoColumns) -> ExclusionRules:
    def some(values, most: int) -> frozenset[str]:
        values = sorted({v for v in values if v})
        return frozenset(rng.choice(values, min(len(values), int(rng.integers(most + 1))), replace=False).tolist())

    first = date(2023, 1, 1) + timedelta(days=int(rng.integers(800)))
    return ExclusionRules(
        archived=some(library.photo_id, 4),
        locked=some(library.photo_id, 2),
        people=some(["ada", "bob", "eve"], 1),
        classes=some(CONCEPTS, 1),
        places=some(PLACES, 1),
        days=(Days(first=first, last=first + timedelta(days=int(rng.integers(60)))),) if rng.random() < 0.5 else (),
        areas=(
            Area(lat=float(rng.uniform(-60, 60)), lon=float(rng.uniform(-170, 170)), km=float(rng.uniform(1, 5000))),
        )
        if rng.random() < 0.5
        else (),
    )


def km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    a, b = math.radians(lat_a), math.radians(lat_b)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(math.radians(lon_a - lon_b))
    return 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))


def forbidden(library: PhotoColumns, row: int, rules: ExclusionRules) -> bool:
    """Look at one photo as a person would; its own position only."""
    day = datetime.fromtimestamp(library.taken_s[row] + library.offset_s[row], UTC).date()
    here = (library.lat[row], library.lon[row])
    return (
        library.photo_id[row] in rules.archived
        or library.photo_id[row] in rules.locked
        or bool(set(library.people[row]) & rules.people)
        or library.concept[row] in rules.classes
        or library.concept[row] == "receipt"
        or library.place[row] in rules.places
        or any(span.first <= day <= span.last for span in rules.days)
        or any(not math.isnan(here[0]) and km(*here, a.lat, a.lon) < a.km - 0.01 for a in rules.areas)
    )


def test_no_excluded_photo_is_ever_shown_in_a_hundred_thousand_rules_and_memories() -> None:
    rng = np.random.default_rng(20260501)
    pairs = shown = dropped = 0
    for _ in range(100):
        library = a_library(rng, 40)
        for _ in range(50):
            rules = some_rules(rng, library)
            bad = {library.photo_id[row] for row in range(len(library)) if forbidden(library, row, rules)}
            allowed = set(library.photo_id[~excluded(library, rules, until_s=UNTIL_S)].tolist())
            for _ in range(20):
                photos = library.photo_id[rng.choice(40, int(rng.integers(4, 13)), replace=False)].tolist()
                row = still_shown({"photo_ids": photos, "cover_id": photos[0]}, allowed)
                pairs += 1
                if row is None:
                    dropped += 1
                    continue
                shown += len(row["photo_ids"])
                assert not bad.intersection(row["photo_ids"])
                assert row["cover_id"] in row["photo_ids"]
    assert pairs == 100_000
    assert shown > 100_000 > dropped > 1000


def test_nothing_more_is_hidden_than_what_the_rules_say() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        library = a_library(rng, 30)
        rules = some_rules(rng, library)
        plain = ExclusionRules(**{k: getattr(rules, k) for k in ("archived", "locked", "people", "classes", "places")})
        wanted = [forbidden(library, row, plain) or library.document[row] > 0.5 for row in range(30)]
        assert excluded(library, plain, until_s=UNTIL_S).tolist() == wanted


def test_memories_are_made_without_what_is_excluded() -> None:
    rng = np.random.default_rng(11)
    made = 0
    for _ in range(15):
        n = 240
        library = columns(
            n, taken_s=START_S + np.sort(np.repeat(np.arange(24), 10) * 15 * DAY_S + rng.uniform(0, 9000, n))
        )
        rules = some_rules(rng, library)
        line = timeline(library)
        bad = set(line.columns.photo_id[hidden(line.columns, rules)].tolist())
        for memory in make_memories(line, np.arange(n), date(2024, 6, 1), exclusions=rules):
            made += 1
            assert not bad.intersection(line.columns.photo_id[list(memory.rows)].tolist())
            assert line.columns.photo_id[memory.cover] not in bad
    assert made > 50


def test_a_photo_without_gps_between_two_hidden_ones_is_hidden_too() -> None:
    library = columns(3, lat=np.array([10.0, np.nan, 10.0]), lon=np.array([20.0, np.nan, 20.0]))
    assert hidden(library, ExclusionRules(areas=(Area(lat=10, lon=20, km=5),))).all()
    assert not hidden(library, ExclusionRules(areas=(Area(lat=-10, lon=20, km=5),))).any()


def test_days_are_those_of_the_wall_clock() -> None:
    evening = datetime(2024, 5, 1, 23, 30, tzinfo=UTC).timestamp()
    library = columns(2, taken_s=np.array([evening, evening + 1]), offset_s=np.array([0.0, 3600.0]))
    first_of_may = ExclusionRules(days=(Days(first=date(2024, 5, 1), last=date(2024, 5, 1)),))
    assert hidden(library, first_of_may).tolist() == [True, False]


def test_rules_survive_their_encoding_and_unknown_ones_are_refused() -> None:
    rng = np.random.default_rng(3)
    rules = some_rules(rng, a_library(rng, 30))
    assert ExclusionRules.from_json(rules.to_json()) == rules
    with pytest.raises(ExclusionError, match="faces"):
        ExclusionRules.from_json(rules.to_json().replace(b'"archived"', b'"faces"'))
    with pytest.raises(ExclusionError, match="earlier day first"):
        Days(first=date(2024, 5, 2), last=date(2024, 5, 1))


def test_versions_of_an_owners_rules_are_kept_and_no_change_makes_none(tmp_path) -> None:
    ws = open_workspace(load_settings(root=str(tmp_path / "root"), cache=tmp_path / "cache"))
    owner = OwnerId("zoë/o'brien")
    assert read_rules(ws, owner) == ExclusionRules()
    change_rules(ws, owner, lambda rules: rules.having("archived", ["a"]))
    change_rules(ws, owner, lambda rules: rules.having("archived", ["a"]))
    rules = change_rules(
        ws, owner, lambda rules: rules.having("days", [Days(first=date(2024, 1, 1), last=date(2024, 1, 2))])
    )
    assert (rules.number, rules.archived) == (2, frozenset({"a"}))
    assert read_rules(ws, owner) == rules
    assert change_rules(ws, owner, lambda rules: rules.having("archived", ["a"], on=False)).archived == frozenset()
    assert owners_with_rules(ws) == [owner]
