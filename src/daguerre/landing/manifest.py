"""Sealed batches: what landed together, written once and never changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from daguerre import layout
from daguerre.errors import DaguerreError, NotFoundError
from daguerre.ids import BadNameError, BatchKey, parse_batch
from daguerre.storage.canonical import canonical_json
from daguerre.storage.ports import ObjectInfo, ObjectNotFoundError, Store

#: Order of the values in one object's row; rows without names make half the bytes.
_FIELDS = ["key", "size", "etag", "modified", "owner_id"]
#: Sorted keys put the batch and the count first, so that a glance need not read the objects.
_HEAD = re.compile(rb'^\{"batch":"(\d{4}-\d{2}-\d{2}\.\d+)","count":(\d+),')
_HEAD_BYTES = 72


class LandingError(DaguerreError):
    """Objects could not be landed."""


class NoSuchBatchError(NotFoundError):
    """No batch has that name."""


class ManifestError(LandingError):
    """A manifest cannot be read."""


@dataclass(frozen=True, kw_only=True)
class LandedObject:
    """One object of a batch, as it was listed.

    Attributes:
        key: Relative to the source, UTF-8; undecodable bytes of file names as in `landing.names`.
        size: Bytes.
        owner_id: Whose photo it is.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    owner_id: str

    @property
    def info(self) -> ObjectInfo:
        """Return what to hand to the source when reading."""
        return ObjectInfo(key=self.key, size=self.size, etag=self.etag, modified=self.modified)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One sealed batch. `source` is the address that the objects were listed under."""

    batch: BatchKey
    source: str
    sealed_at: datetime
    objects: tuple[LandedObject, ...]

    def to_json(self) -> bytes:
        """Encode the manifest; equal manifests have equal bytes."""
        return canonical_json(
            {
                "batch": self.batch,
                "count": len(self.objects),
                "fields": _FIELDS,
                "objects": [[o.key, o.size, o.etag, _write_time(o.modified), o.owner_id] for o in self.objects],
                "sealed_at": _write_time(self.sealed_at),
                "source": self.source,
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Decode a manifest. Raises ManifestError."""
        try:
            record = json.loads(data)
            return cls(
                batch=parse_batch(record["batch"]),
                source=record["source"],
                sealed_at=_read_time(record["sealed_at"]),
                objects=tuple(
                    LandedObject(key=key, size=size, etag=etag, modified=_read_time(modified), owner_id=owner_id)
                    for key, size, etag, modified, owner_id in record["objects"]
                ),
            )
        except (ValueError, KeyError, TypeError, BadNameError) as e:
            raise ManifestError(str(e)) from e


def object_id(batch: BatchKey, key: str) -> str:
    """Return the identity of one landed object."""
    return hashlib.sha256(f"{batch}\0{key}".encode()).hexdigest()[:32]


def read_manifest(store: Store, batch: BatchKey) -> Manifest:
    """Read one batch. Raises NoSuchBatchError, ManifestError."""
    key = layout.manifest(batch)
    try:
        manifest = Manifest.from_json(store.get(key))
    except ObjectNotFoundError as e:
        raise NoSuchBatchError(batch, fix="`daguerre status` lists the batches.") from e
    if manifest.batch != batch:
        raise NoSuchBatchError(f"{batch}; that number is {manifest.batch}")
    return manifest


def list_batches(store: Store) -> list[BatchKey]:
    """Return every sealed batch in the order of their numbers."""
    return [batch for batch, _ in _glance(store)]


def count_objects(store: Store) -> dict[BatchKey, int]:
    """Return how many objects each batch has, in the order of their numbers, without reading the objects."""
    return dict(_glance(store))


def _glance(store: Store) -> Iterator[tuple[BatchKey, int]]:
    keys = (info.key for info in store.list(layout.LANDING))
    with ThreadPoolExecutor(8) as threads:
        yield from threads.map(_head_of(store), keys)


def _head_of(store: Store) -> Callable[[str], tuple[BatchKey, int]]:
    def head(key: str) -> tuple[BatchKey, int]:
        found = _HEAD.match(store.get_range(key, 0, _HEAD_BYTES))
        if not found:
            raise ManifestError(key)
        return parse_batch(found[1].decode()), int(found[2])

    return head


def _write_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
