"""Releases in the store: written once, named by their content, checked whenever they are fetched."""

from __future__ import annotations

import hashlib
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
#: Stored files are read in blocks of this size.
_BLOCK_BYTES = 16 << 20
#: Digits of a digest, and the fewest that name a release.
_WHOLE, _BEGUN = 64, 8


class ReleaseNotFoundError(ReleaseError):
    """There is no such release."""

    exit_code = 3


def store_release(store: Store, release: Release) -> None:
    """Upload a release; the manifest goes last, so that a half-written release does not exist.

    Every file is hashed once more on its way and appears only when it is still the one that was described. Doing it
    again uploads what is missing and hashes what is there.

    Raises:
        ReleaseTamperedError: the store holds other bytes under a name of this release.
        ObjectChangedError: a file of the folder was changed since the release was built.
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
    spec, files = parse_manifest(read_manifest(ws.store, digest), digest=digest)
    folder = ws.cache / "releases" / digest
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        path = folder / file.name
        if not path.is_file() or describe_file(path) != file:
            _download(ws.store, f"{prefix}/{file.name}", path, file)
    return Release(spec=spec, folder=folder, files=files)


def read_manifest(store: Store, digest: str) -> bytes:
    """Read the manifest of a release as it is stored. Raises ReleaseNotFoundError."""
    try:
        return store.get(f"{layout.release(digest)}/{_MANIFEST}")
    except ObjectNotFoundError as e:
        raise ReleaseNotFoundError(digest[:12], fix="`daguerre models list` shows what is registered.") from e


def check_stored(store: Store, digest: str) -> list[str]:
    """Read every file of a stored release and say what is wrong with it; an empty list: nothing.

    Raises:
        ReleaseNotFoundError: there is no such release.
    """
    try:
        _, files = parse_manifest(read_manifest(store, digest), digest=digest)
    except ReleaseTamperedError as e:
        return [f"{_MANIFEST} was changed ({e.what})"]
    found = (_fault(store, f"{layout.release(digest)}/{file.name}", file) for file in files)
    return [fault for fault in found if fault]


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
    if not store.exists(key):
        try:
            store.create_file(key, path, sha256=file.sha256)
            return
        except ObjectExistsError:  # somebody registers the same folder
            pass
    if fault := _fault(store, key, file):
        raise ReleaseTamperedError(f"{key}: {fault}", fix="Restore the object from a backup.")


def _fault(store: Store, key: str, file: ReleaseFile) -> str:
    """Return what is wrong with one stored file; nothing when it is the one that the manifest describes."""
    digest = hashlib.sha256()
    try:
        size = store.stat(key).size
        if size != file.size:
            return f"{file.name} has {size} bytes, {file.size} were registered"
        for start in range(0, size, _BLOCK_BYTES):
            digest.update(store.get_range(key, start, min(_BLOCK_BYTES, size - start)))
    except ObjectNotFoundError:
        return f"{file.name} is missing"
    return "" if digest.hexdigest() == file.sha256 else f"{file.name} was changed"


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
            for start in range(0, file.size, _BLOCK_BYTES):
                f.write(store.get_range(key, start, min(_BLOCK_BYTES, file.size - start)))
        if store.stat(key).size != file.size or describe_file(draft) != file:
            raise ReleaseTamperedError(key, fix="Restore the object from a backup, or register the folder again.")
        os.replace(draft, path)
