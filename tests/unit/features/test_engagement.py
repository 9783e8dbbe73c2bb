from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.features.engagement import load_events, photo_days
from daguerre.features.lake import read_partition
from daguerre.features.views import OWNER_DAILY, PHOTO_ENGAGEMENT
from daguerre.ids import batch_key
from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, jpeg, land_photos

DAY = date(2026, 1, 10)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def test_a_photos_days_are_those_on_which_something_changes() -> None:
    counts = {DAY: Counter(view=3, favorite=1), after(5): Counter(view=2)}
    told = dict(photo_days(counts, after(100)))
    assert list(told) == [DAY, after(1), after(5), after(6), after(28), after(33)]
    assert [(row["views_1d"], row["views_28d"], row["favorites_28d"]) for row in told.values()] == [
        (3, 3, 1), (0, 3, 1), (2, 5, 1), (0, 5, 1), (0, 2, 0), (0, 0, 0),
    ]  # fmt: skip


def test_no_day_after_the_last_is_told() -> None:
    assert [day for day, _ in photo_days({DAY: Counter(view=1)}, DAY)] == [DAY]


@given(st.dictionaries(st.integers(0, 90), st.integers(1, 5), min_size=1, max_size=12))
def test_the_last_row_up_to_a_day_tells_that_days_window(views: dict[int, int]) -> None:
    counts = {after(d): Counter(view=n) for d, n in views.items()}
    told = dict(photo_days(counts, after(200)))
    for d in range(max(views) + 40):
        rows = [told[day] for day in told if day <= after(d)]
        expected = sum(n for e, n in views.items() if d - 28 < e <= d)
        assert (rows[-1]["views_28d"] if rows else 0) == expected
        assert (rows[-1]["views_1d"] if rows else 0) == views.get(d, 0)


def at(day: date, hour: int = 9, zone: str = "+00:00") -> str:
    return f"{day.isoformat()}T{hour:02d}:00:00{zone}"


@pytest.fixture
def landed(ws: Workspace, clock: MovingClock) -> Workspace:
    clock.now = datetime(2026, 3, 1, 14, tzinfo=UTC)
    land_photos(ws, batch_key("2026-01-05", 1), {"p1": jpeg(1), "p2": jpeg(2)})
    land_photos(ws, batch_key("2026-01-20", 2), {"p3": jpeg(3)})
    land_photos(ws, batch_key("2026-01-20", 3), {"q1": jpeg(4)}, owner="bob")
    return ws


def events_file(folder: Path, *lines: object) -> Path:
    path = folder / "events.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def event(photo: str, kind: str, when: str, owner: str = "alice") -> dict[str, str]:
    return {"at": when, "owner_id": owner, "photo_id": photo, "kind": kind}


def test_events_by_key_and_by_photo_become_counts_of_days(landed: Workspace, tmp_path: Path) -> None:
    path = events_file(
        tmp_path,
        event("p1", "view", at(DAY)),
        {"at": at(DAY), "owner_id": "alice", "key": "alice/p1.jpg", "kind": "view"},
        event("p1", "favorite", at(DAY)),
        event("p1", "share", at(after(1), 1, "+02:00")),
        event("q1", "search_click", at(DAY), "bob"),
    )
    report = load_events(landed, path)
    assert (report.events, report.broken, report.unknown, report.early) == (5, 0, 0, 0)
    assert (report.photos, report.owners, report.days) == (2, 2, 1)
    rows = read_partition(landed, PHOTO_ENGAGEMENT, DAY, "events").to_pylist()
    assert [row["photo_id"] for row in rows] == ["p1", "q1"]
    assert rows[0]["event_timestamp"] == datetime(2026, 1, 11, tzinfo=UTC)
    assert [rows[0][n] for n in PHOTO_ENGAGEMENT.features] == [2, 1, 1, 0, 2, 1]
    assert rows[1]["search_clicks_1d"] == 1


def test_lines_that_are_no_events_are_counted_and_left_out(landed: Workspace, tmp_path: Path) -> None:
    path = events_file(
        tmp_path,
        "{not json",
        "[1, 2]",
        event("p1", "stare", at(DAY)),
        event("p1", "view", "2026-01-10T09:00:00"),
        event("", "view", at(DAY)),
        event("p1", "view", at(DAY), "bob"),
        event("nobody", "view", at(DAY)),
        event("p1", "view", at(date(2026, 3, 1))),
        event("p1", "view", at(DAY)),
    )
    report = load_events(landed, path)
    assert (report.events, report.broken, report.unknown, report.early) == (1, 5, 2, 1)


def test_loading_again_changes_no_file_and_a_longer_file_only_its_days(
    landed: Workspace, clock: MovingClock, tmp_path: Path
) -> None:
    def stored() -> dict[str, bytes]:
        return {info.key: landed.store.get(info.key) for info in landed.store.list("features/")}

    load_events(landed, events_file(tmp_path, event("p1", "view", at(DAY))))
    before = stored()
    clock.now += timedelta(minutes=1)
    load_events(landed, events_file(tmp_path, event("p1", "view", at(DAY))))
    assert stored() == before
    load_events(landed, events_file(tmp_path, event("p1", "view", at(DAY)), event("p2", "view", at(after(9)))))
    now = stored()
    changed = {key.split("/")[2] for key in now if now[key] != before.get(key)}
    assert changed >= {f"dt={after(9)}", f"dt={after(10)}"}
    assert f"dt={DAY}" not in changed


def test_an_owners_library_at_the_end_of_each_day(landed: Workspace, tmp_path: Path) -> None:
    load_events(
        landed,
        events_file(
            tmp_path,
            *[event("p1", "view", at(DAY))] * 4,
            event("p1", "favorite", at(DAY)),
            event("p3", "view", at(after(12))),
        ),
    )
    by_day = {
        day: {row["owner_id"]: row for row in read_partition(landed, OWNER_DAILY, day, "events").to_pylist()}
        for day in (date(2026, 1, 5), DAY, date(2026, 1, 20), after(12), after(28))
    }
    assert by_day[date(2026, 1, 5)]["alice"]["photo_count"] == 2
    assert by_day[date(2026, 1, 5)]["alice"]["favorite_rate_28d"] is None
    assert by_day[DAY]["alice"]["favorite_rate_28d"] == pytest.approx(0.25)
    assert (by_day[date(2026, 1, 20)]["alice"]["photo_count"], by_day[date(2026, 1, 20)]["bob"]["photo_count"]) == (
        3,
        1,
    )
    assert by_day[after(12)]["alice"]["active_days_28d"] == 2
    assert by_day[after(28)]["alice"]["active_days_28d"] == 1
