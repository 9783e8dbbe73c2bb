"""The folder as Airflow sees it: what is in it, what it costs to read, and what its DAGs say about themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]

DESCRIBE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
before = time.process_time()
bag = DagBag(sys.argv[1])
seconds = time.process_time() - before
describe = lambda dag: {
    "doc": dag.doc_md or "", "tags": sorted(dag.tags), "owner": dag.owner, "deadlines": len(dag.deadline or []),
    "catchup": dag.catchup, "callback": bool(dag.on_failure_callback),
    "retries": [task.retries for task in dag.tasks],
    "assets": sorted({a for t in dag.tasks for a in getattr(t, "assets", [])}),
    "outlets": sorted(o.name for t in dag.tasks for o in t.outlets),
}
vendors = sorted({name.split(".")[0] for name in sys.modules} & {"dagster", "assets", "daguerre", "feature_repo"})
json.dump({"seconds": seconds, "errors": bag.import_errors, "vendors": vendors,
           "files": sorted(stat.file for stat in bag.dagbag_stats),
           "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()}}, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    described = home / "described.json"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DESCRIBE, ROOT / "dags", described],
        env=os.environ | {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
    )
    assert described.exists(), done.stdout + done.stderr
    return dict(json.loads(described.read_text()))


def test_it_is_read_without_errors_fast_and_without_dagster(folder: dict[str, Any]) -> None:
    assert folder["errors"] == {}
    assert folder["vendors"] == []
    assert folder["seconds"] < 2


def test_only_dags_are_read(folder: dict[str, Any]) -> None:
    assert sorted(folder["dags"]) == ["nightly_refresh"]
    assert [Path(name).stem for name in folder["files"]] == ["nightly_refresh"]


def test_every_dag_says_what_it_does_and_whose_it_is(folder: dict[str, Any]) -> None:
    for dag_id, dag in folder["dags"].items():
        assert dag["doc"].strip().startswith(f"### {dag_id}")
        assert dag["tags"], dag_id
        assert dag["owner"] not in {"", "airflow"}, dag_id
        assert min(dag["retries"]) >= 1, dag_id
        assert dag["deadlines"] == 1, dag_id
        assert dag["callback"], dag_id
        assert not dag["catchup"], dag_id


def test_nightly_refresh_covers_what_a_batch_goes_through(folder: dict[str, Any]) -> None:
    from assets.definitions import defs

    graph = defs.resolve_asset_graph()
    reached, new = set(), {"landed_batch"}
    while new:
        reached |= new
        keys = [key for key in graph.get_all_asset_keys() if key.to_user_string() in new]
        new = {child.to_user_string() for key in keys for child in graph.get(key).child_keys} - reached
    # Experiments run when somebody asks, the ranker learns once a week.
    assert set(folder["dags"]["nightly_refresh"]["assets"]) == reached - {"experiment", "photo_ranker"}
    assert folder["dags"]["nightly_refresh"]["outlets"] == ["photo_index"]
