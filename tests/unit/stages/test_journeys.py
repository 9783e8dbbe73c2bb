"""A map shows only where photos were taken that may be shown."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import PhotoColumns
from daguerre.ids import OwnerId
from daguerre.stages.events import event_rows
from daguerre.stages.journeys import journeys
from tests.fakes.lives import DAY_S, HOME, START_S, columns

LISBON = (38.72, -9.14)
DAYS, PER_DAY, AWAY = 40, 6, range(20, 24)


def a_life() -> PhotoColumns:
    """Forty days of six photos; the twenty-first to the twenty-fourth in Lisbon."""
    day = np.repeat(np.arange(DAYS), PER_DAY)
    away = np.isin(day, AWAY)
    return columns(
        DAYS * PER_DAY,
        taken_s=START_S + DAY_S * day + 36_000.0 + 600.0 * np.tile(np.arange(PER_DAY), DAYS),
        lat=np.where(away, LISBON[0], HOME[0]),
        lon=np.where(away, LISBON[1], HOME[1]),
        place=np.where(away, "Lisbon, PT", "Munich, DE").astype(object),
    )


def test_a_journey_has_a_stop_for_each_occasion_and_home() -> None:
    library = a_life()
    found = journeys(library, event_rows(OwnerId("alice"), library))
    assert len(found) == 1
    assert [(stop.place, stop.photos) for stop in found[0].stops] == [("Lisbon, PT", PER_DAY)] * len(AWAY)
    assert np.allclose([found[0].home], [HOME], atol=0.01)
    assert len(found[0].photo_ids) == PER_DAY * len(AWAY)


def test_photos_that_may_not_be_shown_leave_no_trace_on_the_map() -> None:
    library = a_life()
    events = event_rows(OwnerId("alice"), library)
    hidden = np.isin(np.repeat(np.arange(DAYS), PER_DAY), [21, 22])
    found = journeys(library.take(~hidden), events)
    assert len(found[0].stops) == len(AWAY) - 2
    assert not found[0].photo_ids.intersection(library.photo_id[hidden].tolist())
    at_lisbon = library.place == "Lisbon, PT"
    assert journeys(library.take(~at_lisbon), events) == []


def test_where_home_may_not_be_shown_the_journey_does_not_become_home() -> None:
    library = a_life()
    events = event_rows(OwnerId("alice"), library)
    found = journeys(library.take(library.place == "Lisbon, PT"), events)
    assert found[0].home is None
    assert len(found[0].stops) == len(AWAY)


def test_stops_without_a_position_are_left_out() -> None:
    library = a_life()
    events = event_rows(OwnerId("alice"), library)
    lost = np.repeat(np.arange(DAYS), PER_DAY) == 22
    library.lat[lost] = np.nan
    assert len(journeys(library, events)[0].stops) == len(AWAY) - 1
