"""Events of the release log, and what they rest on, as metadata that the UI shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from assets.showing import records, stored
from daguerre.registry.events import Event
from daguerre.workspace import Workspace

#: More rows than these are cut off; the document itself is linked.
_ROWS = 60
#: Columns that a table begins with when it has them; a stored document keeps no order.
_FIRST = ("name", "passed", "value", "limit")


def shown_event(ws: Workspace, event: Event) -> dict[str, dg.MetadataValue]:
    """Return one event as metadata: what, when, who, why, and the figures that it rests on."""
    metadata: dict[str, dg.MetadataValue] = {
        "event": dg.MetadataValue.int(event.number),
        "kind": dg.MetadataValue.text(event.kind.value),
        "actor": dg.MetadataValue.text(event.actor),
        "reason": dg.MetadataValue.text(event.reason),
        "at": dg.MetadataValue.timestamp(event.at),
        "digest": dg.MetadataValue.text(event.release),
    }
    if event.alias:
        metadata["alias"] = dg.MetadataValue.text(event.alias)
    if event.snapshot is not None:
        metadata["snapshot"] = dg.MetadataValue.int(event.snapshot)
    return metadata | shown_evidence(ws, event.evidence)


def shown_evidence(ws: Workspace, evidence: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """Return figures as tables, those of the stored document included, and where the document lies."""
    metadata: dict[str, dg.MetadataValue] = {}
    everything = {**_document(ws, evidence), **evidence}
    for name, value in everything.items():
        if _is_table(value):
            metadata[name] = plain(value[:_ROWS])
    if rows := [{"figure": name, "value": value} for name, value in figures(everything)]:
        metadata["evidence"] = records(rows[:_ROWS])
    for name in ("uri", "report", "record", "page"):
        if key := evidence.get(name):
            metadata["document" if name == "uri" else name] = stored(ws, str(key))
    return metadata


def _document(ws: Workspace, evidence: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the stored document of an event; one that is gone or was changed must not stop the mirror."""
    from daguerre.registry.evidence import EvidenceError, read_evidence

    if "uri" not in evidence or "sha256" not in evidence:
        return {}
    try:
        return read_evidence(ws, evidence["uri"], evidence["sha256"])
    except EvidenceError as e:
        return {"document_says": str(e)}


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def figures(found: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and value of everything in a document, the names of nested ones joined by dots."""
    for name, value in found.items():
        path = f"{within}.{name}" if within else str(name)
        if isinstance(value, Mapping):
            yield from figures(value, path)
        elif isinstance(value, float):
            yield path, cell(value)
        elif isinstance(value, list) and any(isinstance(part, list | Mapping) for part in value):
            continue
        elif isinstance(value, list | tuple):
            yield path, ", ".join(str(v) for v in value)
        else:
            yield path, str(value)


def plain(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    """Return a table of whatever the rows hold, numbers short enough to be compared at a glance."""
    ordered = (
        sorted(row, key=lambda name: (name not in _FIRST, name in _FIRST and _FIRST.index(name))) for row in rows
    )
    return records([{name: cell(row[name]) for name in names} for row, names in zip(rows, ordered, strict=True)])


def cell(value: object) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
