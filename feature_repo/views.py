"""Families of features; columns, types and ages stand in `daguerre.features.views`."""

from __future__ import annotations

from daguerre.features import views
from daguerre.features.feast_objects import feature_view
from feature_repo import sources
from feature_repo.entities import owner, photo

photo_quality_v1 = feature_view(views.PHOTO_QUALITY, photo, sources.photo_quality_lake)
photo_faces_v1 = feature_view(views.PHOTO_FACES, photo, sources.photo_faces_lake)
photo_aesthetic_v1 = feature_view(views.PHOTO_AESTHETIC, photo, sources.photo_aesthetic_lake)
photo_concepts_v1 = feature_view(views.PHOTO_CONCEPTS, photo, sources.photo_concepts_lake)
photo_dups_v1 = feature_view(views.PHOTO_DUPS, photo, sources.photo_dups_lake)
photo_engagement = feature_view(views.PHOTO_ENGAGEMENT, photo, sources.photo_engagement_lake)
owner_daily = feature_view(views.OWNER_DAILY, owner, sources.owner_daily_lake)

ALL = (
    photo_quality_v1,
    photo_faces_v1,
    photo_aesthetic_v1,
    photo_concepts_v1,
    photo_dups_v1,
    photo_engagement,
    owner_daily,
)
