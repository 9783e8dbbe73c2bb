"""How results look in the UI: a stage's report as metadata, pictures as Markdown."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import dagster as dg

from daguerre.stages.journal import record
from daguerre.stages.report import StageReport
from daguerre.workspace import Workspace


def shown(ws: Workspace, report: StageReport) -> dict[str, dg.MetadataValue]:
    """Keep a stage's report in the journal and turn it into the metadata of its materialization."""
    record(ws, report)
    metadata: dict[str, dg.MetadataValue] = {
        "photos": dg.MetadataValue.int(report.done),
        "total": dg.MetadataValue.int(report.total),
        "rejected": dg.MetadataValue.int(sum(report.rejected.values())),
        "pending": dg.MetadataValue.int(report.pending),
        "computed_by_this_run": dg.MetadataValue.int(report.fresh),
        "seconds": dg.MetadataValue.float(round(report.seconds, 3)),
        "photos_per_s": dg.MetadataValue.float(round(report.photos_per_s, 1)),
    }
    if report.rejected:
        metadata["rejected_by_reason"] = table("reason", "objects", report.rejected)
    for name, value in report.figures.items():
        metadata[name] = dg.MetadataValue.float(float(value))
    return metadata


def table(name: str, value: str, rows: Mapping[str, float]) -> dg.MetadataValue:
    """Return a table of two columns, largest value first."""
    if not rows:  # Dagster asks for a schema then
        return dg.MetadataValue.text("none")
    ordered = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    return dg.MetadataValue.table([dg.TableRecord({name: k, value: v}) for k, v in ordered])


def records(rows: Sequence[Mapping[str, str | float | int | bool]]) -> dg.MetadataValue:
    """Return a table with one line per mapping; all mappings have the same keys."""
    if not rows:
        return dg.MetadataValue.text("none")
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows])


def stored(ws: Workspace, key: str) -> dg.MetadataValue:
    """Return where an object of the store lies, for people who want to open it."""
    if not key:
        return dg.MetadataValue.text("none yet")
    place = ws.store.uri(key)
    return dg.MetadataValue.url(place) if "://" in place else dg.MetadataValue.path(place)


def picture(image: bytes, alternative: str) -> dg.MetadataValue:
    """Return a JPEG or PNG as Markdown that the UI draws; keep it below 60 kB, every event carries a copy."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return dg.MetadataValue.md(f"![{alternative}](data:image/{kind};base64,{base64.b64encode(image).decode()})")
