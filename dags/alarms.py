"""What happens when a DAG fails or is late: one line that says so, at a level that alerting listens to."""

from __future__ import annotations

import logging
from typing import Any

_log = logging.getLogger("daguerre.dags")


def failed(context: Any) -> None:
    """Say which DAG run failed."""
    _log.error("DAG run failed: %s %s", context["dag"].dag_id, context["run_id"])


async def late(**context: Any) -> None:
    """Say which DAG run missed its deadline; runs in the triggerer."""
    run = context.get("context", {}).get("dag_run", {})
    _log.error("DAG run is late: %s %s", run.get("dag_id"), run.get("dag_run_id"))
