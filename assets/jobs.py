"""The graph cut into jobs: everything that shares a partition and belongs into one run."""

from __future__ import annotations

import dagster as dg

ingest = dg.define_asset_job("ingest", ["landed_batch", "photos", "signals"], description="Originals to photos.")
embed = dg.define_asset_job("embed", ["embeddings", "concepts"], description="Photos to vectors.")
label = dg.define_asset_job(
    "label", ["concepts"], description="Concepts in production's space, where a promotion left those of another."
)
curate = dg.define_asset_job(
    "curate",
    ["online_signals", "signal_drift", "duplicates", "events", "themes", "memories"],
    description="Signals online, drift, duplicates, events, themes, memories.",
)
publish = dg.define_asset_job("publish", ["search_index", "search_quality"], description="Index and measure.")
release = dg.define_asset_job("release", ["encoder_release"], description="Show a release in the catalogue.")
remember = dg.define_asset_job("remember", ["memories"], description="Make the day's memories again.")
engage = dg.define_asset_job("engage", ["engagement"], description="What people did with photos.")
rank = dg.define_asset_job("rank", ["photo_ranker"], description="Learn what owners care about.")
run_experiment = dg.define_asset_job(
    "run_experiment", ["experiment"], description="Compare a candidate with production, and decide."
)

ALL = [engage, ingest, embed, label, curate, publish, release, remember, rank, run_experiment]
