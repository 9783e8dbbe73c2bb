"""What readers ask for. A service is never edited: a changed need is a new one with the next number."""

from __future__ import annotations

from daguerre.features.feast_objects import feature_service
from daguerre.features.views import service
from feature_repo.views import ALL

memories_v1 = feature_service(service("memories_v1"), ALL)
search_rerank_v1 = feature_service(service("search_rerank_v1"), ALL)
photo_ranker_v1 = feature_service(service("photo_ranker_v1"), ALL)
experiment_all_v1 = feature_service(service("experiment_all_v1"), ALL)
