"""The one hash that names content."""

from __future__ import annotations

import hashlib


def sha256_hex(data: bytes) -> str:
    """Return the sha256 of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
