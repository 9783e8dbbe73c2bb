"""What decisions rest on: documents that are kept for good, named by their content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from daguerre import layout
from daguerre.registry.events import RegistryError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectExistsError, ObjectNotFoundError
from daguerre.workspace import Workspace


class EvidenceError(RegistryError):
    """The evidence of an event is gone or is not what it was."""


def keep_evidence(ws: Workspace, document: Mapping[str, Any], product: str = "") -> dict[str, str]:
    """Store a document of JSON values; return what an event carries of it: its key (`uri`) and its `sha256`.

    The same document twice is one object.

    Raises:
        EvidenceError: under its key lies something else.
        ValueError, TypeError: it is not JSON, or a number in it is not finite.
    """
    data = canonical_json(document)
    digest = sha256_hex(data)
    key = layout.evidence(product or ws.settings.product, digest)
    try:
        ws.store.create(key, data)
    except ObjectExistsError as e:
        if ws.store.get(key) != data:
            raise EvidenceError(key, fix="Restore the object from a backup.") from e
    return {"uri": key, "sha256": digest}


def read_evidence(ws: Workspace, uri: str, sha256: str) -> dict[str, Any]:
    """Read the document that an event names, and verify it. Raises EvidenceError."""
    try:
        data = ws.store.get(uri)
    except ObjectNotFoundError as e:
        raise EvidenceError(f"{uri} is missing") from e
    if sha256_hex(data) != sha256:
        raise EvidenceError(f"{uri} was changed", fix="Restore the object from a backup.")
    document = json.loads(data)
    if not isinstance(document, dict):
        raise EvidenceError(f"{uri} is no document")
    return document
