"""What was measured for earlier batches, kept in the store."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from daguerre import layout
from daguerre.ids import BatchKey
from daguerre.quality.findings import DriftReport, Status
from daguerre.quality.thresholds import Thresholds
from daguerre.storage.canonical import canonical_json
from daguerre.storage.ports import ObjectNotFoundError, Store

_FOLDER = f"{layout.REPORTS}drift/"


def html_key(batch: BatchKey) -> str:
    """Return where the picture of a comparison lies."""
    return f"{_FOLDER}{batch}.html"


def record_key(batch: BatchKey) -> str:
    """Return where the numbers of a comparison lie."""
    return f"{_FOLDER}{batch}.json"


def write_record(store: Store, report: DriftReport) -> None:
    """Keep a comparison."""
    store.put(report.record_key, canonical_json(report.to_json()))


def learn(store: Store, batches: Sequence[BatchKey]) -> Thresholds:
    """Return thresholds that know what was usual in these batches; what blocked then teaches nothing."""
    history: dict[str, list[float]] = defaultdict(list)
    for batch in batches:
        try:
            record = json.loads(store.get(record_key(batch)))
        except ObjectNotFoundError:
            continue
        for finding in record["findings"]:
            if finding["value"] is not None and finding["status"] in {Status.OK, Status.WARN}:
                history[finding["subject"]].append(finding["value"])
    return Thresholds(history=history)
