"""Every question of the client, put to a real Dagster: its schema is not ours to choose."""

from __future__ import annotations

import time

import pytest

from dags.dagster_client import Dagster, DagsterRefusedError, Kind, UnknownAssetError, Work
from tests.integration.dags.conftest import Deployment

BATCH = "2026-06-01.0100"
TAG = ("airflow/launch", "this test")


def ended(client: Dagster, kind: Kind, id: str) -> Work:
    give_up = time.monotonic() + 120
    while (work := client.look(kind, id)).active:
        assert time.monotonic() < give_up, work
        time.sleep(0.3)
    return work


@pytest.mark.slow
def test_work_is_launched_found_explained_repeated_and_cancelled(dagster: Deployment) -> None:
    client, began = Dagster(dagster.url), time.time() - 5
    with dagster.instance as instance:
        instance.add_dynamic_partitions("batch", [BATCH])
    broken = dagster.break_asset("landed_batch", BATCH)

    run = client.launch_run(["landed_batch"], BATCH, tags=dict([TAG]))
    assert client.find(Kind.RUN, TAG, since=began).id == run
    assert not ended(client, Kind.RUN, run).succeeded
    (failure,) = client.failures(Kind.RUN, run)
    assert (failure.partition, failure.step) == (BATCH, "landed_batch")
    assert failure.reason.startswith("ValueError: landed_batch cannot read")
    assert BATCH in client.open_partitions(["landed_batch"])

    broken.unlink()
    again = client.reexecute(Kind.RUN, run)
    assert ended(client, Kind.RUN, again).succeeded
    assert client.find(Kind.RUN, TAG, since=began).id == again
    assert BATCH not in client.open_partitions(["landed_batch"])

    backfill = client.launch_backfill(["landed_batch"], [BATCH], title="to be cancelled", tags=dict([TAG]))
    assert client.find(Kind.BACKFILL, TAG, since=began).id == backfill
    client.cancel(Kind.BACKFILL, backfill)
    assert ended(client, Kind.BACKFILL, backfill).status == "CANCELED"

    with pytest.raises(DagsterRefusedError):
        client.launch_backfill(["landed_batch"], ["no such batch"], title="", tags={})
    with pytest.raises(DagsterRefusedError):
        client.look(Kind.RUN, "00000000-0000-0000-0000-000000000000")
    with pytest.raises(DagsterRefusedError):
        client.cancel(Kind.RUN, again)
    with pytest.raises(UnknownAssetError, match="fotos"):
        client.open_partitions(["landed_batch", "fotos"])
