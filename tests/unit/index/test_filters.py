from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daguerre.index.filters import BadFilterError, Filters
from daguerre.tables import catalogue
from daguerre.tables.table import Table
from tests.fakes.spaces import PLACES, SPACE, clustered, taken_at, vector_rows, workspace

N = 400
MEDIA = ["keyframe" if i % 5 == 4 else "photo" for i in range(N)]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    ws = workspace(tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("cache"))
    table = catalogue.vectors(ws, SPACE, 8)
    table.upsert(vector_rows(clustered(N, 8)))
    return table


def lets_through(filters: Filters, number: int) -> bool:
    at, place = taken_at(number), (PLACES[number % len(PLACES)] or "").lower()
    wanted = (filters.place or "").lower()
    return (
        (filters.after is None or (at is not None and at >= filters.after))
        and (filters.before is None or (at is not None and at < filters.before))
        and (not wanted or place == wanted or place.startswith(wanted + ","))
        and (not filters.media or (MEDIA[number] == "photo") == (filters.media == "photo"))
    )


instants = st.datetimes(
    datetime(2019, 12, 30), datetime(2021, 3, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.75))])
)
edges = st.integers(0, N).map(lambda days: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    filters=st.builds(
        Filters,
        after=st.none() | instants | edges,
        before=st.none() | instants | edges,
        place=st.sampled_from([None, "", "lisbon", "LISBON, pt", "ber", "bern", "o'hara", "%", "Berlin,"]),
        media=st.sampled_from([None, "", "photo", "video"]),
    )
)
def test_a_filter_lets_through_what_it_says(table: Table, filters: Filters) -> None:
    condition = filters.to_sql()
    found = table.read(["photo_id"], condition or None)["photo_id"].to_pylist()
    assert [int(i, 16) for i in found] == [n for n in range(N) if lets_through(filters, n)]


def test_an_empty_filter_is_no_condition() -> None:
    assert Filters().to_sql() == ""


def test_nonsense_is_refused() -> None:
    with pytest.raises(BadFilterError, match="photo or video"):
        Filters(media="audio").to_sql()
    with pytest.raises(ValueError, match="no time zone"):
        Filters(after=datetime(2020, 1, 1)).to_sql()


def test_the_fixture_has_all_kinds(table: Table) -> None:
    assert {lets_through(Filters(place="lisbon"), n) for n in range(N)} == {True, False}
    assert table.count() == N
