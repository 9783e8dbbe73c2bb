from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from daguerre.library.demo import demo_spec
from daguerre.library.frames import exif_clock
from daguerre.library.plan import BadSpecError, LibraryPlan, landing_days, plan_library
from daguerre.library.truth import Fault, TruthRow, from_json
from daguerre.library.world import distance_km
from tests.unit.library.conftest import tiny_spec


def honest(plan: LibraryPlan) -> list[TruthRow]:
    return [row for row in plan.rows if row.fault is None]


@pytest.mark.parametrize("photos", [2, 3, 5, 40, 333])
def test_exactly_as_many_files_as_asked_for(photos: int) -> None:
    plan = plan_library(tiny_spec(photos))
    assert len(plan.by_key) == photos
    assert abs(len(plan.of("ann")) - len(plan.of("ben"))) <= 1


def test_a_plan_is_a_function_of_its_spec() -> None:
    assert plan_library(tiny_spec(200)).rows == plan_library(tiny_spec(200)).rows
    assert plan_library(tiny_spec(200)).rows != plan_library(tiny_spec(200, seed=8)).rows


@pytest.mark.parametrize("change", [{"owners": ()}, {"photos": 1}, {"landings": ()}, {"days": 0}])
def test_impossible_specs_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadSpecError):
        plan_library(tiny_spec(**{"photos": 40} | change))


def test_rows_survive_json(plan: LibraryPlan) -> None:
    import json

    assert all(from_json(json.loads(json.dumps(row.to_json()))) == row for row in plan.rows)


def test_keys_lie_below_owner_and_local_year(plan: LibraryPlan) -> None:
    for row in plan.rows:
        owner, year, name = row.key.split("/")
        assert owner == row.owner_id
        assert int(year) == row.taken_at.astimezone(ZoneInfo(row.zone)).year
        assert name == name.strip()
        assert len(name.encode()) < 200
    assert any(not row.key.isascii() for row in plan.rows)
    assert any('"' in row.key or "'" in row.key for row in plan.rows)


def test_frames_of_a_burst_follow_within_seconds_and_one_is_sharpest(plan: LibraryPlan) -> None:
    bursts: dict[str, list[TruthRow]] = defaultdict(list)
    for row in plan.rows:
        if row.burst_id and row.transform == "":
            bursts[row.burst_id].append(row)
    assert len(bursts) >= 10
    for frames in bursts.values():
        assert 3 <= len(frames) <= 6
        times = sorted(row.taken_at for row in frames)
        assert times[-1] - times[0] <= timedelta(seconds=3)
        best = [row for row in frames if row.best_of_burst]
        assert len(best) == 1
        assert all(best[0].quality.blur < row.quality.blur - 1 for row in frames if row is not best[0])
        assert len({row.moment_id for row in frames}) == 1


def test_copies_point_to_files_that_are_there_and_landed_first(plan: LibraryPlan) -> None:
    copies = [row for row in plan.rows if row.duplicate_of]
    assert {row.transform for row in copies} == {
        "exact", "reencode", "resize", "crop", "filter", "messenger", "screenshot"
    }  # fmt: skip
    for row in copies:
        original = plan.by_key[row.duplicate_of or ""]
        assert original.owner_id == row.owner_id
        assert original.duplicate_of is None
        assert original.moment_id == row.moment_id
        assert original.landed_at.date() <= row.landed_at.date()
        assert original.readable
        assert row.readable


def test_shared_files_are_copies_of_another_owners(plan: LibraryPlan) -> None:
    shared = [row for row in plan.rows if row.shared_from]
    assert shared
    for row in shared:
        assert plan.by_key[row.shared_from or ""].owner_id != row.owner_id
        assert row.duplicate_of is None
        assert row.trip_id is None


def test_written_positions_lie_near_the_true_ones(plan: LibraryPlan) -> None:
    written = [row for row in honest(plan) if row.gps_lat is not None]
    assert 0.5 < len(written) / len(plan.rows) < 0.9
    for row in written:
        assert row.gps_lon is not None
        assert row.camera is not None
        assert row.camera.phone
        assert distance_km((row.lat, row.lon), (row.gps_lat or 0.0, row.gps_lon)) < 0.05


def test_written_times_are_local_times_and_wrong_clocks_are_wrong_by_the_skew(
    plan_at: Callable[[str], LibraryPlan],
) -> None:
    skewed = 0
    for row in honest(plan_at("hard")):
        if row.exif_time is None:
            continue
        local = row.taken_at.astimezone(ZoneInfo(row.zone))
        assert row.exif_time == exif_clock(local + timedelta(seconds=row.clock_skew_s))
        if row.exif_offset:
            written = datetime.strptime(f"{row.exif_time}000{row.exif_offset}", "%Y:%m:%d %H:%M:%S.%f%z")
            assert abs(written - row.taken_at) < timedelta(milliseconds=1)
        if row.clock_skew_s:
            assert row.camera is not None
            assert not row.camera.phone
            assert row.trip_id
            assert row.exif_offset is None
            skewed += 1
    assert skewed > 50


def test_events_do_not_overlap_and_trips_are_far_from_home(plan: LibraryPlan) -> None:
    for owner in plan.spec.owners:
        spans: dict[str, list[datetime]] = defaultdict(list)
        for row in plan.of(owner):
            if row.event_id and not row.shared_from:
                spans[row.event_id].append(row.taken_at)
        ordered = sorted((min(times), max(times)) for times in spans.values())
        assert all(first[1] < second[0] for first, second in pairwise(ordered))
        home = next(row for row in plan.of(owner) if row.theme == "home")
        for row in plan.of(owner):
            if row.trip_id:
                assert distance_km((row.lat, row.lon), (home.lat, home.lon)) > 100


def test_birthdays_come_every_year(plan: LibraryPlan) -> None:
    for owner in plan.spec.owners:
        days = {row.taken_at.astimezone(ZoneInfo(row.zone)).date() for row in plan.of(owner) if row.theme == "birthday"}
        assert len(days) >= 2
        assert len({(day.month, day.day) for day in days}) == 1


def test_people_stay_the_same(plan: LibraryPlan) -> None:
    for owner in plan.spec.owners:
        seeds: dict[str, set[int]] = defaultdict(set)
        for row in plan.of(owner):
            if not row.shared_from:
                for name, seed in zip(row.people, row.scene.people, strict=True):
                    seeds[name].add(seed)
        assert len(seeds) >= 5
        assert all(len(found) == 1 for found in seeds.values())


def test_light_follows_the_clock(plan: LibraryPlan) -> None:
    at_night = [
        row
        for row in plan.rows
        if row.category == "photo"
        and row.scene.kind != "food"
        and row.taken_at.astimezone(ZoneInfo(row.zone)).hour in (22, 23, 0, 1)
    ]
    assert at_night
    assert all(row.scene.time == "night" for row in at_night)


def test_files_land_on_the_landing_days_after_they_were_taken(plan: LibraryPlan) -> None:
    days = landing_days(plan)
    assert [moment.date() for moment in days] == list(plan.spec.landings)
    for row in plan.rows:
        assert row.taken_at <= row.landed_at
        assert min(day for day in days if day >= row.landed_at).date() == row.landed_at.date()
        assert row.landed_at.tzinfo is UTC


def test_every_fault_occurs_once_there_is_room(plan: LibraryPlan) -> None:
    faults = [row.fault for row in plan.rows if row.fault]
    assert set(faults) == set(Fault)
    assert len(faults) == round(plan.spec.difficulty.fault_share * len(plan.rows))
    assert all(row.key.endswith(".png") for row in plan.rows if row.fault is Fault.WRONG_EXTENSION)


def test_the_demo_shows_everything() -> None:
    plan = plan_library(demo_spec())
    assert len(plan.rows) == 1200
    assert {row.owner_id for row in plan.rows} == {"alice", "bob", "carol"}
    assert len(landing_days(plan)) == 6
    assert {row.category for row in plan.rows} == {"photo", "screenshot", "document", "receipt"}
    assert {"jpeg", "png", "heic", "webp", "avif", "mp4"} <= {row.format for row in plan.rows}
    assert all(len({row.trip_id for row in plan.of(owner) if row.trip_id}) >= 2 for owner in plan.spec.owners)
    assert sum(row.burst_id is not None for row in plan.rows) > 60
    assert sum(row.width * row.height > 10_000_000 for row in plan.rows) == 2
