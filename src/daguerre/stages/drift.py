"""The stage that asks whether a batch is like the batches before it."""

from __future__ import annotations

from pathlib import Path

from daguerre import layout
from daguerre.ids import BatchKey, batch_number
from daguerre.landing.manifest import list_batches
from daguerre.quality import records
from daguerre.quality.drift import compare
from daguerre.quality.findings import DriftReport, Finding
from daguerre.quality.gates import verdict, without_verdict
from daguerre.quality.report import draw, remember
from daguerre.quality.thresholds import HISTORY
from daguerre.quality.window import read_window
from daguerre.stages.report import UpstreamOpenError
from daguerre.storage.local import LocalStore
from daguerre.tables.ledger import count_stage
from daguerre.workspace import Workspace

#: Earlier batches that make the reference. A lasting change is news once; then it becomes what is usual.
WINDOW = 8
#: Folder of the Evidently workspace, on roots that are folders.
WORKSPACE = f"{layout.REPORTS}evidently"


def run_drift(ws: Workspace, batch: BatchKey) -> DriftReport:
    """Compare the signals of a batch with those of the batches before it; keep the record and the report.

    The first batch has nothing to compare with. With fewer photos than `drift_min_rows` on a side everything is
    measured and nothing is judged. The Evidently workspace is kept on roots that are folders; a root in a bucket has
    the reports and the records, which hold the same numbers.

    Raises:
        UpstreamOpenError: the signals stage has not dealt with every photo of the batch.
    """
    if (upstream := count_stage(ws, batch, "signals")).pending:
        raise UpstreamOpenError(f"{upstream.pending} photos of batch {batch}", fix="Run its signals stage first.")
    earlier = [b for b in list_batches(ws.store) if batch_number(b) < batch_number(batch)]
    before = earlier[-WINDOW:]
    reference, current = read_window(ws, before), read_window(ws, [batch])
    least = ws.settings.drift_min_rows
    findings: list[Finding] = []
    if reference.rows and current.rows:
        thresholds = records.learn(ws.store, earlier[-HISTORY:])
        findings = compare(reference, current, thresholds, seed=ws.settings.seed)
    enough = min(reference.rows, current.rows) >= least
    if not enough:
        findings = without_verdict(findings)
    report = DriftReport(
        batch=batch,
        verdict=verdict(findings, enough=enough),
        findings=tuple(findings),
        report_key=records.html_key(batch) if findings else "",
        record_key=records.record_key(batch),
        reference=tuple(before),
        rows_reference=reference.rows,
        rows_current=current.rows,
        least_rows=least,
    )
    if findings:
        drawn = draw(batch, findings, reference, current, at=ws.clock())
        ws.store.put(report.report_key, drawn.html.encode())
        if isinstance(ws.store, LocalStore):
            remember(Path(ws.store.uri(WORKSPACE)), drawn, batch)
    records.write_record(ws.store, report)
    return report
