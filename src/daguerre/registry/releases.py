"""Releases of one product: put them in, find them again."""

from __future__ import annotations

import getpass
from contextlib import suppress
from pathlib import Path
from typing import Any

from daguerre import layout
from daguerre.encoders.archive import (
    check_stored,
    fetch_release,
    find_digest,
    read_manifest,
    store_release,
    stored_releases,
)
from daguerre.encoders.bundle import build_release
from daguerre.encoders.release import Release
from daguerre.encoders.spec import EncoderSpec
from daguerre.registry.events import EventKind, RegistryError
from daguerre.registry.log import aliases, read_state, record
from daguerre.registry.policy import load_policy
from daguerre.registry.signing import SignatureError, public_key, sign_manifest, signature_of
from daguerre.registry.state import State
from daguerre.storage.ports import ObjectExistsError
from daguerre.workspace import Workspace


class UnsignedError(RegistryError):
    """The policy takes signed releases only."""

    exit_code = 2


def register(ws: Workspace, model_dir: Path, *, actor: str = "", reason: str = "") -> EncoderSpec:
    """Upload a model folder under its digest, sign it when there is a key, and say so in the log.

    Doing it again changes nothing; with a key, it signs what nobody has signed yet.

    Raises:
        ReleaseError: the folder is not a model folder.
        ReleaseTamperedError: the store holds other bytes under the same digest.
        ObjectChangedError: somebody writes into the folder meanwhile.
        UnsignedError, PolicyError, SigningKeyError, SignatureError.
    """
    policy, key_path = load_policy(ws), ws.settings.signing_key
    release = build_release(model_dir)
    if not policy.allow_unsigned and (key_path is None or public_key(key_path) not in policy.trusted_keys):
        raise UnsignedError(
            str(model_dir), fix="Set DAGUERRE_SIGNING_KEY to a private key whose public half trusted_keys lists."
        )
    store_release(ws.store, release)
    digest = release.spec.digest
    if key_path is not None:
        with suppress(ObjectExistsError):  # the first signature stays; it is checked below
            ws.store.create(layout.signature(digest), sign_manifest(read_manifest(ws.store, digest), key_path))
    evidence: dict[str, Any] = {"name": release.spec.name, "space": release.spec.space, "dim": release.spec.dim}
    signature = signature_of(ws, digest, policy.trusted_keys)
    if not policy.allow_unsigned and not signature.trusted:
        raise UnsignedError(
            f"{digest[:12]} carries the signature of {signature.key} already",
            fix=f"Delete {layout.signature(digest)} to sign it anew.",
        )
    if signature.signed:
        evidence["signed_by"] = signature.key

    def is_news(state: State) -> bool:
        known = state.releases.get(digest)
        if known is None or known.retired:
            return True
        return signature.signed and known.registered.get("signed_by") != signature.key

    record(
        ws,
        EventKind.REGISTERED,
        digest,
        actor=actor or getpass.getuser(),
        reason=reason or f"{release.spec.name} registered",
        allow=is_news,
        evidence=evidence,
    )
    return release.spec


def verify_release(ws: Workspace, digest: str) -> list[str]:
    """Read every stored file of a release and its signature; name what was changed or is missing.

    Raises:
        ReleaseNotFoundError: there is no such release.
    """
    problems = check_stored(ws.store, digest)
    name = layout.signature(digest).rpartition("/")[2]
    known = read_state(ws).releases.get(digest)
    signer = known.registered.get("signed_by", "") if known else ""
    try:
        found = signature_of(ws, digest, ()).key
    except SignatureError as e:
        return [*problems, f"{name} was changed ({e.what})"]
    if signer and found != signer:
        problems.append(f"{name} is by another key than the log says" if found else f"{name} is missing")
    return problems


def load_release(ws: Workspace, digest: str) -> Release:
    """Copy one release to this machine and verify the sha256 of every file.

    Raises:
        ReleaseNotFoundError, ReleaseTamperedError.
    """
    return fetch_release(ws, digest)


def find_release(ws: Workspace, name: str) -> Release:
    """Load the release that an alias, a space or the beginning of a digest names. Raises as `load_release` does."""
    digest = aliases(ws, ws.settings.product).get(name)
    return fetch_release(ws, digest or find_digest(ws.store, name))


def list_releases(ws: Workspace) -> list[EncoderSpec]:
    """Return every release in the store, in order of digest."""
    return stored_releases(ws.store)
