"""Copies of the finished installation that a test may spoil, and jobs executed in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from daguerre.ids import BatchKey
from daguerre.settings import Settings
from daguerre.workspace import Workspace, open_workspace
from tests.fakes import installation
from tests.fakes.installation import Finished


@dataclass(frozen=True, kw_only=True)
class Bench:
    """An installation with a Dagster instance that lives as long as the test."""

    settings: Settings
    instance: dg.DagsterInstance
    batches: list[BatchKey]
    space: str

    @property
    def ws(self) -> Workspace:
        return open_workspace(self.settings)

    def execute(self, job: str, partition: str, **options: Any) -> dg.ExecuteInProcessResult:
        """Run one job for one partition; failures come back as events."""
        from assets.definitions import defs

        key = partition
        if job == "embed":
            key = dg.MultiPartitionKey({"batch": partition, "space": self.space})
        return defs.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=key, raise_on_error=False, **options
        )


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


@pytest.fixture
def bench(finished: Finished, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A copy of the finished installation, meant by this process, with a Dagster instance that knows nothing yet."""
    settings = finished.copy(tmp_path / "copy")
    installation.use(monkeypatch, settings)
    instance.add_dynamic_partitions("batch", list(finished.batches))
    instance.add_dynamic_partitions("space", [finished.spec.space])
    return Bench(settings=settings, instance=instance, batches=finished.batches, space=finished.spec.space)


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a failed step be tried again at once."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
