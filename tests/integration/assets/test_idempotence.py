"""A partition may be made again, alone or with others, in any order: the same rows and no second one."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg

from assets.photos import RETRY_TAG
from daguerre.tables import catalogue
from tests.fakes import installation
from tests.fakes.installation import Finished
from tests.integration.assets.conftest import Bench

#: Of equal bytes in two batches the first that comes keeps the photo, and with it the place of its proxy.
WHERE = ["batch", "source_key", "pack", "proxy_offset", "thumb_offset", "ingested_at"]


def computed(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """What each asset of a run computed anew."""
    events = result.get_asset_materialization_events()
    shown = {event.asset_key.to_user_string(): event.materialization.metadata for event in events}
    name = "computed_by_this_run"
    return {asset: metadata[name].value for asset, metadata in shown.items() if name in metadata}


def test_a_partition_made_again_computes_nothing_and_changes_nothing(finished: Finished, bench: Bench) -> None:
    for job, fresh in (
        ("ingest", {"photos": 0, "signals": 0}),
        ("embed", {"embeddings": 0}),
    ):
        result = bench.execute(job, bench.batches[0])
        assert result.success
        assert computed(result).items() >= fresh.items()
    assert installation.said(bench.ws, finished.spec) == finished.said


def test_all_partitions_from_nothing_newest_first_twice(finished: Finished, bench: Bench) -> None:
    """As a backfill may do it. Manifests, releases and history are all that is left of the installation."""
    root = Path(bench.settings.root)
    for folder in ("tables", "proxies", "ledger", "vectors", "features", "curation", "reports"):
        shutil.rmtree(root / folder)
    for _ in range(2):
        for job in ("ingest", "embed"):
            for batch in reversed(bench.batches):
                assert bench.execute(job, batch).success
    made = installation.said(bench.ws, finished.spec)
    for name, table in finished.said.items():
        assert made[name].num_rows == table.num_rows, name
    assert made["photos"].drop_columns(WHERE) == finished.said["photos"].drop_columns(WHERE)
    assert made["vectors"].drop_columns(["batch"]) == finished.said["vectors"].drop_columns(["batch"])


def test_refused_objects_are_tried_again_when_asked(finished: Finished, bench: Bench) -> None:
    before = finished.said["rejected"].to_pylist()
    batch = next(row["batch"] for row in before if row["stage"] == "photos")
    result = bench.execute("ingest", batch, tags={RETRY_TAG: "true"})
    assert result.success
    again = {row["rejection_id"]: row for row in catalogue.rejected(bench.ws).read().to_pylist()}
    assert {name: row["reason"] for name, row in again.items()} == {r["rejection_id"]: r["reason"] for r in before}
    here = [row for row in before if (row["batch"], row["stage"]) == (batch, "photos")]
    assert computed(result)["photos"] == len(here)
    assert [again[row["rejection_id"]]["attempts"] for row in here] == [row["attempts"] + 1 for row in here]
