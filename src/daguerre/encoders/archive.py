"""Releases in the store: written once, named by their content, checked whenever they are fetched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from daguerre import layout
from daguerre.encoders.bundle import describe_file
from daguerre.encoders.release import (
    Release,
    ReleaseError,
    ReleaseFile,
    ReleaseTamperedError,
    manifest_of,
    parse_manifest,
)
from daguerre.encoders.spec import EncoderSpec
from daguerre.storage.canonical import canonical_json
from daguerre.storage.ports import ObjectExistsError, ObjectNotFoundError, Store
from daguerre.workspace import Workspace

_MANIFEST = "manifest.json"
#: Files up to this size are created on condition that they do not exist; larger ones go up in parts.
_WHOLE_BYTES = 64 << 20
#: Digits of a digest, and the fewest that name a release.
_WHOLE, _BEGUN = 64, 8


class ReleaseNotFoundError(ReleaseError):
    """There is no such release."""

    exit_code = 3


def store_release(store: Store, release: Release) -> None:
    """Upload a release; the manifest goes last, so that a half-written release does not exist.

    Doing it again is harmless. Raises ReleaseTamperedError when the store holds a file of that name and other size.
    """
    prefix = layout.release(release.spec.digest)
    for file in release.files:
        _upload(store, f"{prefix}/{file.name}", release.path(file.name), file)
    _create(store, f"{prefix}/{_MANIFEST}", canonical_json(manifest_of(release)))


def fetch_release(ws: Workspace, digest: str) -> Release:
    """Copy a release into the local cache and verify the sha256 of every file, those cached earlier included.

    Raises:
        ReleaseNotFoundError: the store has no such release.
        ReleaseTamperedError: a file is not the one that was registered.
    """
    prefix = layout.release(digest)
    try:
        manifest = ws.store.get(f"{prefix}/{_MANIFEST}")
    except ObjectNotFoundError as e:
        raise ReleaseNotFoundError(digest[:12], fix="`daguerre models list` shows what is registered.") from e
    spec, files = parse_manifest(manifest, digest=digest)
    folder = ws.cache / "releases" / digest
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        path = folder / file.name
        if not path.is_file() or describe_file(path) != file:
            _download(ws.store, f"{prefix}/{file.name}", path, file)
    return Release(spec=spec, folder=folder, files=files)


def stored_releases(store: Store) -> list[EncoderSpec]:
    """Return every release that is complete, in order of digest. Raises ReleaseTamperedError."""
    keys = [info.key for info in store.list(layout.RELEASES) if info.key.endswith(f"/{_MANIFEST}")]
    return [parse_manifest(store.get(key), digest=key.split("/")[1])[0] for key in keys]


def find_digest(store: Store, name: str) -> str:
    """Return the digest of the release that spans space `name`; a digest, whole or begun, stands for itself.

    Raises:
        ReleaseNotFoundError: no release has that name, or several do.
    """
    if len(name) == _WHOLE and name.isalnum() and store.exists(f"{layout.release(name)}/{_MANIFEST}"):
        return name
    found = [
        s.digest
        for s in stored_releases(store)
        if s.space == name or (len(name) >= _BEGUN and s.digest.startswith(name))
    ]
    if len(found) != 1:
        raise ReleaseNotFoundError(
            f"{len(found)} releases are named {name!r}", fix="`daguerre models list` shows them."
        )
    return found[0]


def _upload(store: Store, key: str, path: Path, file: ReleaseFile) -> None:
    if store.exists(key):
        if store.stat(key).size != file.size:
            raise ReleaseTamperedError(f"{key} is stored with another size")
    elif file.size <= _WHOLE_BYTES:
        _create(store, key, path.read_bytes())
    else:
        store.put_file(key, path)


def _create(store: Store, key: str, data: bytes) -> None:
    try:
        store.create(key, data)
    except ObjectExistsError as e:
        if store.get(key) != data:
            raise ReleaseTamperedError(f"{key} is stored with other content") from e


def _download(store: Store, key: str, path: Path, file: ReleaseFile) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as scratch:
        draft = Path(scratch) / file.name
        with draft.open("wb") as f:
            for start in range(0, file.size, _WHOLE_BYTES):
                f.write(store.get_range(key, start, min(_WHOLE_BYTES, file.size - start)))
        if store.stat(key).size != file.size or describe_file(draft) != file:
            raise ReleaseTamperedError(key, fix="Restore the object from a backup, or register the folder again.")
        os.replace(draft, path)
