"""Where the files of each view lie."""

from __future__ import annotations

from daguerre.features import views
from daguerre.features.feast_objects import source
from feature_repo.place import ENDPOINT, ROOT

photo_quality_lake = source(views.PHOTO_QUALITY, ROOT, ENDPOINT)
photo_faces_lake = source(views.PHOTO_FACES, ROOT, ENDPOINT)
photo_aesthetic_lake = source(views.PHOTO_AESTHETIC, ROOT, ENDPOINT)
photo_concepts_lake = source(views.PHOTO_CONCEPTS, ROOT, ENDPOINT)
photo_dups_lake = source(views.PHOTO_DUPS, ROOT, ENDPOINT)
photo_engagement_lake = source(views.PHOTO_ENGAGEMENT, ROOT, ENDPOINT)
owner_daily_lake = source(views.OWNER_DAILY, ROOT, ENDPOINT)
