"""An experiment as an Evidently report: every row a number with its test. Evidently draws; it decides nothing."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from daguerre.telemetry import silence_vendors


def draw(content: Mapping[str, Any], *, at: datetime) -> tuple[str, str]:
    """Return the report of a record's content as HTML that stands alone, and the snapshot that Evidently loads again.

    A row of a guardrail tests the lower bound of its improvement against the margin, a row of a success metric
    against 0; a test of a slice warns. What was not measured is not a number, which fails every test.
    """
    silence_vendors()
    with warnings.catch_warnings():  # about Evidently's own code
        warnings.simplefilter("ignore")
        import pandas as pd
        from evidently import DataDefinition, Dataset, Report

        rows = [row for row in content["rows"] if row["low"] is not None or row["role"] != "diagnostic"]
        values = pd.DataFrame({"name": [_name(row) for row in rows], "value": [_value(row) for row in rows]})
        metrics = [_scalar()(name=_name(row), said=row["said"], tests=_tests(row)) for row in rows]
        queries = Dataset.from_pandas(_frame(content), data_definition=DataDefinition())
        decision = content["decision"]
        snapshot = Report(metrics, metadata={"verdict": decision["verdict"], "reason": decision["reason"]}).run(
            queries, None, additional_data={"scalars": values}, timestamp=at.replace(tzinfo=None), name=content["name"]
        )
        return str(snapshot.get_html_str(as_iframe=False)), str(snapshot.dumps())


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['metric']}, {row['slice']}: lower bound of the improvement"


def _value(row: Mapping[str, Any]) -> float:
    return float("nan") if row["low"] is None else float(row["low"])


def _tests(row: Mapping[str, Any]) -> list[Any]:
    from evidently.tests import gt

    if row["role"] == "diagnostic":
        return []
    return [gt(-row["margin"], is_critical=row["slice"] == "all", alias=row["said"])]


def _frame(content: Mapping[str, Any]) -> Any:
    """Return what Evidently says that it looked at: the queries, or the log where people asked what they liked."""
    import pandas as pd

    return pd.DataFrame({"query": [query["id"] for query in content["queries"]] or [content["name"]]})


@cache
def _scalar() -> Any:
    """Return Evidently's kind of metric for a number that was measured elsewhere."""
    from evidently.core.metric_types import SingleValueCalculation, SingleValueMetric

    class ExperimentScalar(SingleValueMetric):
        name: str
        said: str

    class ExperimentScalarCalculation(SingleValueCalculation[ExperimentScalar]):
        def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:
            values = context.additional_data["scalars"].as_dataframe().set_index("name")["value"]
            return self.result(float(values.loc[self.metric.name]))

        def display_name(self) -> str:
            return f"{self.metric.name} ({self.metric.said})"

    return ExperimentScalar
