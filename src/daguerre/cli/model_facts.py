"""What is known of a release, as plain data for tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from daguerre.ids import SpaceName
from daguerre.index.snapshot import find_snapshot
from daguerre.lifecycle.moves import stored_release
from daguerre.lifecycle.promotion import missing_for
from daguerre.registry.events import Event
from daguerre.registry.evidence import EvidenceError, read_evidence
from daguerre.registry.log import read_state
from daguerre.registry.state import PRODUCTION, ReleaseState, State
from daguerre.stages.latest import latest_quality
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

_QUALITY = ("recall_at_10", "precision_at_10", "ndcg_at_10", "mrr", "no_match_separation")

#: Gates that say how good or how fast, not only whether.
_COMPARED = ("text_image_agreement", "throughput_ratio", "latency_ratio")
_PRICES = ("photos_per_s", "hours", "stored_bytes")


def overview(ws: Workspace) -> list[dict[str, Any]]:
    """Return one row per registered release, oldest first."""
    state, photos = read_state(ws), catalogue.photos(ws).count()
    return [_row(ws, state, release, photos) for release in state.releases.values()]


def _row(ws: Workspace, state: State, release: ReleaseState, photos: int) -> dict[str, Any]:
    spec = stored_release(ws, release.digest).spec
    baking = state.baking if state.baking and state.baking.release == release.digest else None
    return {
        "encoder": spec.name,
        "space": spec.space,
        "digest": spec.digest,
        "dim": spec.dim,
        "phase": release.phase.value,
        "aliases": list(state.aliases_of(release.digest)),
        "embedded": embedded(ws, spec.space),
        "photos": photos,
        "bakes_until": baking.until.isoformat() if baking else None,
    }


def embedded(ws: Workspace, space: SpaceName) -> int:
    """Return the number of vectors of a space."""
    table = catalogue.stored_vectors(ws, space)
    return table.count() if table else 0


def everything(ws: Workspace, digest: str) -> dict[str, Any]:
    """Return all that the store, the log and the tables know of one release."""
    release, state = stored_release(ws, digest), read_state(ws)
    known = state.releases.get(digest)
    production = state.pointers.get(PRODUCTION)
    in_production = production is not None and production.release == digest
    return {
        "spec": asdict(release.spec) | {"space": release.spec.space},
        "files": [asdict(file) for file in sorted(release.files)],
        "bytes": sum(file.size for file in release.files),
        "aliases": list(state.aliases_of(digest)),
        "embedded": embedded(ws, release.spec.space),
        "photos": catalogue.photos(ws).count(),
        "life": asdict(known) if known else None,
        "validation": document(ws, known.validated if known else None),
        "sample": document(ws, known.sampled if known else None),
        "index": _index(ws, release.spec.space),
        "quality": _quality(ws, release.spec.space),
        "missing": [] if known is None or in_production else [asdict(one) for one in missing_for(ws, digest)],
    }


def document(ws: Workspace, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the stored document that evidence names; empty when there is none."""
    if not evidence or "uri" not in evidence:
        return {}
    try:
        return read_evidence(ws, evidence["uri"], evidence["sha256"])
    except EvidenceError as e:
        return {"lost": str(e)}


def _index(ws: Workspace, space: SpaceName) -> dict[str, Any]:
    snapshot = find_snapshot(ws, space)
    return asdict(snapshot) if snapshot else {}


def _quality(ws: Workspace, space: SpaceName) -> dict[str, float]:
    found = latest_quality(ws, space)
    return {name: found[name] for name in _QUALITY if name in found} if found and found["queries"] else {}


def event_row(event: Event, spaces: Mapping[str, str]) -> dict[str, Any]:
    """Return one event of the log."""
    return {
        "number": event.number,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "release": event.release,
        "space": spaces.get(event.release, event.release[:12]),
        "alias": event.alias,
        "snapshot": event.snapshot,
        "actor": event.actor,
        "reason": event.reason,
        "evidence": event.evidence,
    }


def comparable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return of `everything` what two releases can be compared by, one value per name."""
    spec = found["spec"]
    rows: dict[str, Any] = {name: spec[name] for name in spec if name not in {"digest", "space"}}
    rows |= {"release bytes": found["bytes"], "vectors": found["embedded"]}
    rows |= {f"file {file['name']}": file["sha256"][:12] for file in found["files"]}
    rows |= {f"quality {name}": value for name, value in found["quality"].items()}
    gates = {gate["name"]: gate["value"] for gate in found["validation"].get("gates", [])}
    rows |= {f"gate {name}": gates[name] for name in _COMPARED if gates.get(name) is not None}
    price = found["sample"].get("estimate", {})
    rows |= {f"sample {name}": price[name]["value"] for name in _PRICES if name in price}
    return rows
