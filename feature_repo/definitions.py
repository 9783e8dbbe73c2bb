"""The one module that `feast apply` imports: it would meet every object twice if it imported the others as well."""

from __future__ import annotations

from feature_repo.entities import owner, photo
from feature_repo.services import experiment_all_v1, memories_v1, photo_ranker_v1, search_rerank_v1
from feature_repo.sources import (
    owner_daily_lake,
    photo_aesthetic_lake,
    photo_concepts_lake,
    photo_dups_lake,
    photo_engagement_lake,
    photo_faces_lake,
    photo_quality_lake,
)
from feature_repo.views import (
    owner_daily,
    photo_aesthetic_v1,
    photo_concepts_v1,
    photo_dups_v1,
    photo_engagement,
    photo_faces_v1,
    photo_quality_v1,
)

__all__ = [
    "experiment_all_v1",
    "memories_v1",
    "owner",
    "owner_daily",
    "owner_daily_lake",
    "photo",
    "photo_aesthetic_lake",
    "photo_aesthetic_v1",
    "photo_concepts_lake",
    "photo_concepts_v1",
    "photo_dups_lake",
    "photo_dups_v1",
    "photo_engagement",
    "photo_engagement_lake",
    "photo_faces_lake",
    "photo_faces_v1",
    "photo_quality_lake",
    "photo_quality_v1",
    "photo_ranker_v1",
    "search_rerank_v1",
]
