from __future__ import annotations

from datetime import date, timedelta

import pytest

from daguerre.features.owner_days import Landed, owner_days

DAY = date(2026, 1, 10)


def test_shares_and_means_grow_with_what_has_landed() -> None:
    photos = [
        Landed(day=DAY, aesthetic=0.2, lesser=False),
        Landed(day=DAY, aesthetic=None, lesser=True),
        Landed(day=DAY + timedelta(days=3), aesthetic=0.6, lesser=True),
        Landed(day=DAY + timedelta(days=3), aesthetic=0.7, lesser=False),
    ]
    told = dict(owner_days(list(reversed(photos)), {}, DAY + timedelta(days=10)))
    assert list(told) == [DAY, DAY + timedelta(days=3)]
    first, last = told.values()
    assert (first["photo_count"], first["dup_share"], first["mean_aesthetic"]) == (2, 0.5, 0.2)
    assert (last["photo_count"], last["dup_share"]) == (4, 0.5)
    assert last["mean_aesthetic"] == pytest.approx(0.5)


def test_days_to_come_are_not_told() -> None:
    photos = [Landed(day=DAY, aesthetic=None, lesser=False), Landed(day=date(2027, 1, 1), aesthetic=None, lesser=False)]
    assert [day for day, _ in owner_days(photos, {}, DAY)] == [DAY]
