"""Everything that Dagster knows about Daguerre."""

from __future__ import annotations

import warnings

import dagster as dg

from daguerre.telemetry import silence_vendors

silence_vendors()
for _category in (dg.BetaWarning, dg.PreviewWarning):
    warnings.filterwarnings("ignore", category=_category)

from assets import (  # noqa: E402
    automation,
    curation,
    embeddings,
    engagement,
    experiments,
    index,
    jobs,
    landing,
    lifecycle_jobs,
    online,
    photos,
    promotion_jobs,
    ranking,
    releases,
)
from assets.resources import Daguerre  # noqa: E402

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(
        [landing, photos, releases, embeddings, online, engagement, index, experiments, curation, ranking]
    ),
    jobs=[*jobs.ALL, *lifecycle_jobs.ALL, *promotion_jobs.ALL],
    schedules=[automation.nightly_curation, automation.weekly_quality, automation.weekly_ranker],
    sensors=[
        automation.landing_sensor,
        automation.release_history,
        automation.probation,
        automation.flow,
        automation.exclusions_changed,
    ],
    resources={"daguerre": Daguerre()},
    executor=dg.in_process_executor,
)
