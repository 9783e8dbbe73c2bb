"""Learnt rankers in the store: a folder named by the hash of its manifest, which names the hash of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from daguerre import layout
from daguerre.curation.ranking import FEATURES, Ranker
from daguerre.errors import DaguerreError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.ports import ObjectExistsError, ObjectNotFoundError
from daguerre.workspace import Workspace

MODEL, MANIFEST = "model.json", "manifest.json"


class RankerError(DaguerreError):
    """The ranker cannot be used."""


def store_ranker(ws: Workspace, ranker: Ranker, facts: Mapping[str, Any]) -> str:
    """Store a ranker with what is known of its making; return its digest. Doing it again changes nothing.

    The model is written before the manifest: what has a manifest is whole.
    """
    model = canonical_json(ranker.to_json())
    manifest = canonical_json({**facts, "features": list(FEATURES), "model_sha256": sha256_hex(model)})
    digest = sha256_hex(manifest)
    for name, data in ((MODEL, model), (MANIFEST, manifest)):
        with suppress(ObjectExistsError):  # checked when it is read
            ws.store.create(f"{layout.ranker(digest)}/{name}", data)
    return digest


def read_manifest(ws: Workspace, digest: str) -> dict[str, Any]:
    """Read the manifest of a ranker. Raises RankerError when it is missing or was changed."""
    data = _get(ws, f"{layout.ranker(digest)}/{MANIFEST}", digest)
    manifest: dict[str, Any] = json.loads(data)
    return manifest


def load_ranker(ws: Workspace, digest: str) -> Ranker:
    """Read and verify a ranker.

    Raises:
        RankerError: a file is missing or was changed, or the ranker wants features that this program does not have.
    """
    manifest = read_manifest(ws, digest)
    if manifest["features"] != list(FEATURES):
        raise RankerError(f"{digest[:12]} reads other features than this program", fix="Train a new one.")
    return Ranker.from_json(json.loads(_get(ws, f"{layout.ranker(digest)}/{MODEL}", manifest["model_sha256"])))


def _get(ws: Workspace, key: str, sha256: str) -> bytes:
    try:
        data = ws.store.get(key)
    except ObjectNotFoundError as e:
        raise RankerError(f"{key} is missing", fix="Train a new one, or restore the folder from a backup.") from e
    if sha256_hex(data) != sha256:
        raise RankerError(f"{key} was changed", fix="Train a new one, or restore the folder from a backup.")
    return data
