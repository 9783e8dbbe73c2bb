"""The only door to Evidently: pictures, test results and a history in its workspace.

Evidently draws; it decides nothing. Every number that counts is measured by `quality.measures` and carried in.
"""

from __future__ import annotations

import fcntl
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from daguerre.quality.findings import Finding, Status
from daguerre.quality.window import Window
from daguerre.telemetry import silence_vendors

#: The workspace's server keeps every run in memory, more than a megabyte each; the long history is in the records.
KEEP_RUNS = 200
#: Rows of one side that the pictures are drawn from.
_DRAWN = 5_000
_PROJECT = "signals of each batch"


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A finished report: `html` stands alone, `snapshot` goes into a workspace."""

    html: str
    snapshot: Any


@contextmanager
def _quiet() -> Iterator[None]:
    """Tell nobody anything: no telemetry, and no warnings about Evidently's own code while it loads and draws."""
    silence_vendors()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@_quiet()
def draw(batch: str, findings: Sequence[Finding], reference: Window, current: Window, *, at: datetime) -> Drawn:
    """Draw one comparison: a test per finding, and the distributions of every number that both sides have."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    measured = [f for f in findings if f.value is not None or f.status is Status.BLOCK]
    columns = sorted(n for n in reference.numbers if n in current.numbers and _drawable(reference, current, n))
    metrics = [_scalar()(name=f.subject, method=f.method, tests=_tests(f)) for f in measured]
    metrics += [ValueDrift(column=name, method="wasserstein", tests=[]) for name in columns]
    definition = DataDefinition(numerical_columns=columns)
    frames = [
        Dataset.from_pandas(pd.DataFrame({n: w.numbers[n][:_DRAWN] for n in columns}), data_definition=definition)
        for w in (current, reference)
    ]
    values = pd.DataFrame({"name": [f.subject for f in measured], "value": [_value(f) for f in measured]})
    snapshot = Report(metrics, metadata={"batch": batch}).run(
        frames[0],
        frames[1],
        additional_data={"scalars": values},
        timestamp=at.replace(tzinfo=None),
        name=f"batch {batch}",
    )
    return Drawn(html=snapshot.get_html_str(as_iframe=False), snapshot=snapshot)


@_quiet()
def remember(folder: Path, drawn: Drawn, batch: str) -> None:
    """Add a report to the Evidently workspace in `folder`, in the place of an earlier one of the same batch.

    `evidently ui --workspace FOLDER` shows the history.
    """
    from evidently.ui.workspace import Workspace

    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        workspace = Workspace.create(str(folder))
        found = workspace.search_project(_PROJECT)
        project = found[0] if found else workspace.create_project(_PROJECT)
        runs = folder / str(project.id) / "batches"
        runs.mkdir(exist_ok=True)
        old = runs / batch
        if old.exists():
            _forget(workspace, project.id, old)
        run = workspace.add_run(project.id, drawn.snapshot)
        old.write_text(str(run.id))
        by_age = sorted(runs.iterdir(), key=lambda path: path.name.rsplit(".", 1)[-1].zfill(8))
        for path in by_age[:-KEEP_RUNS]:
            _forget(workspace, project.id, path)


def _forget(workspace: Any, project_id: Any, path: Path) -> None:
    """Remove the run that a file names, then the file."""
    if path.read_text() in {str(run) for run in workspace.list_runs(project_id)}:
        workspace.delete_run(project_id, path.read_text())
    path.unlink()


def _value(finding: Finding) -> float:
    # Not a number fails every test, which is what a subject that cannot be measured has to do.
    return float("nan") if finding.value is None else finding.value


def _drawable(reference: Window, current: Window, name: str) -> bool:
    return all(bool(np.isfinite(w.numbers[name][:_DRAWN]).any()) for w in (reference, current))


def _tests(finding: Finding) -> list[Any]:
    from evidently.tests import lte

    if finding.status is Status.NOT_ENOUGH_ROWS:
        return []
    tests = [lte(finding.warn_at, is_critical=False, alias=f"{finding.subject}: usual ({finding.detail})")]
    if finding.threshold is not None:
        tests.append(lte(finding.threshold, alias=f"{finding.subject}: fit to go on ({finding.detail})"))
    return tests


@cache
def _scalar() -> Any:
    """Return Evidently's kind of metric for a number that was measured elsewhere."""
    from evidently.core.metric_types import SingleValueCalculation, SingleValueMetric

    class Scalar(SingleValueMetric):
        name: str
        method: str

    class ScalarCalculation(SingleValueCalculation[Scalar]):  # finds its metric by the type in brackets
        def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:
            values = context.additional_data["scalars"].as_dataframe().set_index("name")["value"]
            return self.result(float(values.loc[self.metric.name]))

        def display_name(self) -> str:
            return f"{self.metric.name} ({self.metric.method})"

    return Scalar


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
