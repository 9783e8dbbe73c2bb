from __future__ import annotations

import pytest

from daguerre.errors import NotFoundError
from daguerre.features.views import SERVICES, VIEWS, service, view


def test_a_feature_name_means_one_thing() -> None:
    names = [feature for v in VIEWS for feature in v.features]
    assert len(names) == len(set(names))


def test_services_ask_for_what_views_have() -> None:
    for s in SERVICES:
        for name, features in s.features.items():
            assert set(features) <= set(view(name).features)


def test_re_ranking_reads_few_columns() -> None:
    assert sum(len(features) for features in service("search_rerank_v1").features.values()) <= 6


def test_every_file_of_a_photo_carries_its_owner() -> None:
    assert all("owner_id" in v.schema.names for v in VIEWS)
    assert all(v.schema.names.count("owner_id") == 1 for v in VIEWS)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="photo_quality_v1"):
        view("photo_quality_v9")
    with pytest.raises(NotFoundError, match="memories_v1"):
        service("memories_v9")
