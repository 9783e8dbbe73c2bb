"""What every asset has in common: who owns it, how it is retried, which pool it queues in, how it flows."""

from __future__ import annotations

import dagster as dg

DATA_TEAM = ["team:photo-data"]
MODEL_TEAM = ["team:photo-models"]

#: Transient faults only reach this policy after the library's own retries, so two more tries are enough.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL)

#: A new batch flows through by itself: an asset follows as soon as all that it is made from is there.
FLOWS = dg.AutomationCondition.eager()

#: Names of pools. The local instance gives each of them one slot (infra/local/dagster.yaml): one writer per table.
DECODE = "decode"
TRITON = "triton"
SIGNALS = "signals"
INDEX = "index"
FEAST_ONLINE = "feast_online"
CURATION = "curation"
