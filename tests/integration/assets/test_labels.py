"""After a promotion the labels are made anew, and what is chosen by them follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from assets.finished import Finished as KnownToBeMade
from daguerre.encoders.archive import fetch_release
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.features.lake import landing_day, read_partition
from daguerre.features.views import PHOTO_CONCEPTS
from daguerre.ids import SpaceName
from daguerre.registry.log import promote
from daguerre.registry.releases import register
from daguerre.stages.concepts import stale_concepts
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.encoders import make_model_dir
from tests.integration.assets.conftest import Bench


def spaces_in_lake(bench: Bench) -> list[set[str]]:
    views = [read_partition(bench.ws, PHOTO_CONCEPTS, landing_day(batch), batch) for batch in bench.batches]
    return [set(view["concept_space"].to_pylist()) for view in views]


def label(bench: Bench, batch: str, space: str) -> bool:
    from assets.definitions import defs

    key = dg.MultiPartitionKey({"batch": batch, "space": space})
    result = defs.resolve_job_def("label").execute_in_process(
        instance=bench.instance, partition_key=key, raise_on_error=False
    )
    return bool(result.success)


@pytest.fixture
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer without a server: the shared one reads the models of another folder."""

    @contextmanager
    def opened(ws: Workspace, digest: str) -> Iterator[OnnxEncoder]:
        yield OnnxEncoder(fetch_release(ws, digest), threads=1)

    monkeypatch.setattr("daguerre.serving.opening.open_encoder", opened)


def told(instance: dg.DagsterInstance, asset: str, batch: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset_key=asset, partition=batch))


@pytest.mark.usefixtures("_in_process")
def test_labels_follow_a_promotion_and_curation_follows_the_labels(bench: Bench, tmp_path: Path) -> None:
    oldest, newest = bench.batches
    first, second = bench.space, register(bench.ws, make_model_dir(tmp_path / "second", seed=5))
    vectors = catalogue.stored_vectors(bench.ws, SpaceName(first))
    assert vectors
    catalogue.vectors(bench.ws, second.space, second.dim).upsert(vectors.read())
    bench.instance.add_dynamic_partitions("space", [second.space])
    for batch in bench.batches:
        told(bench.instance, "memories", batch)
    assert stale_concepts(bench.ws) == []

    promote(bench.ws, "production", second.digest, actor="ada", reason="test")
    assert stale_concepts(bench.ws) == bench.batches
    finished = KnownToBeMade(bench.instance, set(), {newest})
    assert finished("curate", newest)
    assert label(bench, oldest, second.space)
    assert spaces_in_lake(bench) == [{second.space}, {first}], "each batch is of one space"
    assert stale_concepts(bench.ws) == [newest]
    assert label(bench, newest, second.space)
    assert spaces_in_lake(bench) == [{second.space}] * 2
    assert stale_concepts(bench.ws) == []

    assert finished("curate", oldest)
    assert not finished("curate", newest), "it stands for all owners, and was curated by the old labels"
    told(bench.instance, "memories", newest)
    assert finished("curate", newest)
    assert not finished("label", f"{newest}|{second.space}"), "the plan names only what needs it"
