"""The graph cut into jobs: everything that shares a partition and belongs into one run."""

from __future__ import annotations

import dagster as dg

from assets import partitions

ingest = dg.define_asset_job(
    "ingest", ["landed_batch", "photos", "signals"], partitions_def=partitions.batch, description="Originals to photos."
)
embed = dg.define_asset_job(
    "embed", ["embeddings", "concepts"], partitions_def=partitions.batch_space, description="Photos to vectors."
)
curate = dg.define_asset_job(
    "curate",
    ["online_signals", "signal_drift", "duplicates", "events", "memories"],
    partitions_def=partitions.batch,
    description="Signals online, drift, duplicates, events, memories.",
)
publish = dg.define_asset_job(
    "publish", ["search_index", "search_quality"], partitions_def=partitions.space, description="Index and measure."
)
release = dg.define_asset_job(
    "release", ["encoder_release"], partitions_def=partitions.space, description="Show a release in the catalogue."
)
remember = dg.define_asset_job(
    "remember", ["memories"], partitions_def=partitions.batch, description="Make the day's memories again."
)
engage = dg.define_asset_job("engage", ["engagement"], description="What people did with photos.")

ALL = [engage, ingest, embed, curate, publish, release, remember]
