"""A launcher that was killed must not keep the next one waiting."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.leftovers import end_leftovers, launcher_tags


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with one slot a pool, as the shipped one."""
    limits = {"telemetry": {"enabled": False}, "concurrency": {"pools": {"default_limit": 1, "granularity": "op"}}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=limits) as made:
        yield made


def running(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    """A run that has begun, with a step that holds the only slot of the pool `decode`."""
    run = instance.create_run_for_job(_job(), tags=tags, status=dg.DagsterRunStatus.STARTED)
    instance.event_log_storage.initialize_concurrency_limit_to_default("decode")
    claimed = instance.event_log_storage.claim_concurrency_slot("decode", run.run_id, "photos")
    assert claimed.is_claimed
    return run.run_id


def free(instance: dg.DagsterInstance) -> bool:
    info = instance.event_log_storage.get_concurrency_info("decode")
    return info.active_slot_count == 0


def test_a_run_of_a_dead_process_ends_and_frees_its_slot(pooled: dg.DagsterInstance) -> None:
    tags = {**launcher_tags(), "daguerre/launcher": f"{os.getpid()}.1"}  # the id of another process, long ago
    run_id = running(pooled, tags)
    assert not free(pooled)
    assert end_leftovers(pooled) == [run_id]
    assert pooled.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE
    assert free(pooled)
    assert end_leftovers(pooled) == []


@pytest.mark.parametrize("tags", [dict(launcher_tags()), {}])
def test_a_run_of_a_living_process_or_of_others_is_left_alone(pooled: dg.DagsterInstance, tags: dict[str, str]) -> None:
    run_id = running(pooled, tags)
    assert end_leftovers(pooled) == []
    assert pooled.get_run_by_id(run_id).status is dg.DagsterRunStatus.STARTED
    assert not free(pooled)


def _job() -> dg.JobDefinition:
    @dg.op
    def photos() -> None: ...

    @dg.job
    def ingest() -> None:
        photos()

    return ingest
