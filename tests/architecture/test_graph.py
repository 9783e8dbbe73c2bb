"""The asset graph, written down: whoever changes it on purpose changes graph.json beside this in the same commit.

`python -m tests.architecture.test_graph` writes the file again.
"""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

SNAPSHOT = Path(__file__).with_name("graph.json")


def dimensions(partitions: dg.PartitionsDefinition | None) -> list[str]:
    """Return the names of the sets of partitions that an asset is cut into."""
    if isinstance(partitions, dg.MultiPartitionsDefinition):
        return sorted(partitions.partition_dimension_names)
    return [partitions.name] if isinstance(partitions, dg.DynamicPartitionsDefinition) else []


def graph() -> dict[str, dict[str, object]]:
    """Return what a reader of the UI sees of every asset, its checks included."""
    from assets.definitions import defs

    described: dict[str, dict[str, object]] = {}
    nodes = defs.resolve_asset_graph()
    for spec in sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key):
        node = nodes.get(spec.key)
        described[spec.key.to_user_string()] = {
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "group": spec.group_name,
            "owners": list(spec.owners),
            "tags": {name: value for name, value in spec.tags.items() if not name.startswith("dagster/")},
            "kinds": sorted(spec.kinds),
            "partitions": dimensions(spec.partitions_def),
            "flows": spec.automation_condition is not None,
            "pools": sorted(node.pools or ()),
            "checks": sorted(check.name for check in node.check_keys),
        }
    return described


def test_the_graph_is_the_one_written_down():
    assert graph() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_asset_says_who_owns_it_and_what_it_is():
    from assets.definitions import defs

    for spec in defs.resolve_all_asset_specs():
        assert spec.owners, spec.key
        assert spec.description, spec.key
        assert spec.group_name not in {None, "default"}, spec.key
        assert spec.code_version, spec.key


@pytest.mark.parametrize("name", ["ingest", "embed", "curate", "publish", "release", "remember"])
def test_jobs_resolve(name):
    from assets.definitions import defs

    assert defs.resolve_job_def(name).partitions_def is not None


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(graph(), indent=2) + "\n", encoding="utf-8")
