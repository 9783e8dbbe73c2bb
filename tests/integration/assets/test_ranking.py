"""The asset of the ranker, run by Dagster where nobody has done anything yet."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_without_deeds_the_run_succeeds_and_says_that_there_is_nothing_to_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.definitions import defs

    monkeypatch.setenv("DAGUERRE_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("DAGUERRE_CACHE", str(tmp_path / "cache"))
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("rank").execute_in_process(instance=instance)
    (made,) = result.asset_materializations_for_node("photo_ranker")
    assert made.metadata["promoted"].value is False
    assert "only 0 liked photos" in str(made.metadata["reason"].value)
    assert made.metadata["ranker"].value == "none yet"


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_it_is_trained_once_a_week_before_the_memories_of_the_night() -> None:
    from assets.definitions import defs

    schedules = {schedule.name: schedule.cron_schedule for schedule in defs.schedules or ()}
    assert schedules["weekly_ranker"] == "30 2 * * 1"
