"""Bytes that are hashed while they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from daguerre.storage.ports import ObjectChangedError


def hashed_blocks(file: BinaryIO, size: int, *, name: str, sha256: str) -> Iterator[bytes]:
    """Yield the rest of a file in blocks of `size` bytes; an empty file is one empty block.

    Raises:
        ObjectChangedError: after the last block, when all of them together do not hash to `sha256`.
    """
    digest = hashlib.sha256()
    block = file.read(size)
    while True:
        digest.update(block)
        yield block
        block = file.read(size)
        if not block:
            break
    if digest.hexdigest() != sha256:
        raise ObjectChangedError(f"{name} does not hash to {sha256[:12]}", fix="Leave it alone while it is read.")
