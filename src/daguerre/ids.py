"""Names of things: photos, owners, batches, spaces."""

from __future__ import annotations

import hashlib
import re
from typing import NewType

from daguerre.errors import DaguerreError

PhotoId = NewType("PhotoId", str)
OwnerId = NewType("OwnerId", str)
BatchKey = NewType("BatchKey", str)
SpaceName = NewType("SpaceName", str)
Digest = NewType("Digest", str)

_BATCH = re.compile(r"^\d{4}-\d{2}-\d{2}\.\d{4,}$")
_SPACE = re.compile(r"^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}$")


class BadNameError(DaguerreError):
    """A name does not have the form that it must have."""

    exit_code = 2


def photo_id(owner_id: str, content_sha256: str) -> PhotoId:
    """Return the identity of these bytes in this owner's hands.

    The same bytes uploaded twice by one owner are one photo; two owners never share one.
    """
    return PhotoId(hashlib.sha256(f"{owner_id}\0{content_sha256}".encode()).hexdigest()[:32])


def keyframe_id(video: PhotoId, frame_ms: int) -> PhotoId:
    """Return the identity of the keyframe that a video shows at `frame_ms` milliseconds."""
    return PhotoId(hashlib.sha256(f"{video}\0{frame_ms}".encode()).hexdigest()[:32])


def batch_key(day: str, number: int) -> BatchKey:
    """Return `YYYY-MM-DD.NNNN`. The running number never starts again, so it alone names the batch."""
    return parse_batch(f"{day}.{number:04d}")


def parse_batch(text: str) -> BatchKey:
    """Check and return a batch key."""
    if not _BATCH.match(text):
        raise BadNameError(repr(text), fix="A batch is named YYYY-MM-DD.NNNN; `daguerre status` lists them.")
    return BatchKey(text)


def batch_number(batch: BatchKey) -> int:
    """Return the running number of a batch."""
    return int(batch.rsplit(".", 1)[1])


def space_name(encoder: str, digest: str) -> SpaceName:
    """Return the name of the space that one encoder release spans."""
    return parse_space(f"{encoder}-{digest[:8]}")


def parse_space(text: str) -> SpaceName:
    """Check and return a space name."""
    if not _SPACE.match(text):
        raise BadNameError(repr(text), fix="A space is named <encoder>-<first 8 hex digits of its release>.")
    return SpaceName(text)
