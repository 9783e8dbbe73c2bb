"""Experiments as the graph sees them: one partition each, with the verdict, its reason, and the report."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg

from assets import forms, partitions, policy
from assets.evidence import plain
from assets.index import search_index
from assets.resources import Daguerre
from assets.showing import stored
from daguerre.errors import DaguerreError
from daguerre.quality.experiments.spec import ExperimentSpec
from daguerre.workspace import Workspace

_PARTITIONS = "experiment"
#: What is shown of a row; the page has the rest, and every slice.
_COLUMNS = ("status", "production", "candidate", "delta", "low", "high", "n")


@dg.asset(
    partitions_def=partitions.experiment,
    deps=[search_index],
    group_name="models",
    kinds={"python"},
    tags={"daguerre/reads": "vectors"},
    owners=policy.MODEL_TEAM,
    code_version="1",
    pool=policy.TRITON,
)
def experiment(context: dg.AssetExecutionContext, config: forms.Experiment, daguerre: Daguerre) -> dg.MaterializeResult:
    """One comparison of two releases on the golden queries, decided once and for good: INVALID, BLOCK, HOLD, PROMOTE.

    There is a partition for every experiment that was run, and one for the usual experiment about the candidate.
    """
    from assets.mirror import mirror
    from daguerre.lifecycle.experimenting import run_release_experiment

    ws, name = daguerre.workspace(context.run.run_id), context.partition_key
    try:
        run_release_experiment(ws, _spec(ws, name, config.spec), actor=config.actor)
        mirror(context.instance, ws)
        return dg.MaterializeResult(metadata=verdict(ws, name))
    except DaguerreError as e:
        raise dg.Failure(description=str(e), allow_retries=False) from None


def _spec(ws: Workspace, name: str, given: str) -> ExperimentSpec:
    """Return the spec that was given, else the one that is stored, else the usual one about the candidate."""
    from daguerre.lifecycle.experimenting import default_spec
    from daguerre.lifecycle.finding import find
    from daguerre.quality.experiments.records import ExperimentError, read_spec
    from daguerre.quality.experiments.records import names as known
    from daguerre.quality.experiments.spec import load_spec
    from daguerre.registry.state import CANDIDATE

    if given:
        spec = load_spec(given.encode() if "\n" in given else Path(given))
    elif name in known(ws):
        spec = ExperimentSpec.model_validate(read_spec(ws, name))
    else:
        spec = default_spec(ws, find(ws, CANDIDATE).digest)
    if spec.name != name:
        raise ExperimentError(f"the spec is of {spec.name}, the partition is {name}", fix="Choose that partition.")
    return spec


def verdict(ws: Workspace, name: str) -> dict[str, dg.MetadataValue]:
    """Return what was decided as metadata."""
    from daguerre.quality.experiments.records import overrides, page_key, read_record

    record = read_record(ws, name)
    rows = [row for row in record.content["rows"] if row["slice"] == "all" or row["status"] == "worse"]
    shown = {
        "verdict": dg.MetadataValue.text(record.verdict),
        "decided_by": dg.MetadataValue.text(str(record.content["actor"])),
        "metrics": plain([_name(row) | {column: row[column] for column in _COLUMNS} for row in rows]),
        "why": plain([{"reason": record.reason}]),
        "page": stored(ws, page_key(name)),
        "record": stored(ws, record.key),
        "record_sha256": dg.MetadataValue.text(record.sha256),
    }
    for made in overrides(ws, name):
        said = f"{made.verdict} by {made.actor}: {made.reason}"
        shown[f"override_{made.number}"] = dg.MetadataValue.text(said)
    return shown


def _name(row: Mapping[str, Any]) -> dict[str, str]:
    return {"metric": row["metric"] if row["slice"] == "all" else f"{row['metric']} ({row['slice']})"}


def mirror_experiments(instance: dg.DagsterInstance, ws: Workspace) -> None:
    """Make a partition of every experiment there is and of the usual one about the candidate; show what was decided.

    Experiments may be run without Dagster, on the command line.
    """
    from daguerre.quality.experiments.records import find_record, names

    known = names(ws)
    missing = {*known, *_usual(ws)} - set(instance.get_dynamic_partitions(_PARTITIONS))
    if missing:
        instance.add_dynamic_partitions(_PARTITIONS, sorted(missing))
    shown = instance.get_materialized_partitions(experiment.key)
    for name in (name for name in known if name not in shown and find_record(ws, name)):
        instance.report_runless_asset_event(
            dg.AssetMaterialization(experiment.key, partition=name, metadata=verdict(ws, name))
        )


def _usual(ws: Workspace) -> list[str]:
    from daguerre.lifecycle.experimenting import default_spec
    from daguerre.registry.log import read_state
    from daguerre.registry.state import CANDIDATE, PRODUCTION

    pointers = read_state(ws).pointers
    if CANDIDATE not in pointers or PRODUCTION not in pointers:
        return []
    with suppress(DaguerreError):  # an experiment that cannot be made up must not stop the mirror
        return [default_spec(ws, pointers[CANDIDATE].release).name]
    return []
