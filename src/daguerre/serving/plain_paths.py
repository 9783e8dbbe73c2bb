"""Paths that a shell reads as one word.

Triton's python backend starts its helper through a shell, with the paths of the backend and of the model repository
unquoted: a blank or an apostrophe in one of them keeps every model from loading.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from daguerre.encoders.spec import EncoderError

_PLAIN = re.compile(r"[A-Za-z0-9_./+=:,@-]+")


class OddPathError(EncoderError):
    """The inference server cannot work in a folder of that name."""

    exit_code = 4


def plain_address(address: str) -> str:
    """Return where the server finds its models: an S3 address as it is, a folder as `plain_path` makes it.

    Raises:
        OddPathError: it is an S3 address that the server's own parser does not understand.
    """
    if "://" not in address:
        return str(plain_path(Path(address)))
    if not _PLAIN.fullmatch(address):
        raise OddPathError(address, fix="Set DAGUERRE_ROOT to a bucket and prefix of letters, digits, dots and dashes.")
    return address


def plain_path(path: Path) -> Path:
    """Return `path`, or a link to it that a shell reads as one word; the same path has the same link.

    Links lie in a folder of the temporary directory that belongs to this user alone.

    Raises:
        OddPathError: the temporary directory has an odd name itself, or its folder belongs to somebody else.
    """
    if _PLAIN.fullmatch(str(path)):
        return path
    home = Path(tempfile.gettempdir()) / f"daguerre-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    found = home.lstat()
    if not _PLAIN.fullmatch(str(home)) or home.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise OddPathError(str(path), fix="Set DAGUERRE_CACHE and DAGUERRE_ROOT to paths without blanks and quotes.")
    link = home / hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    if not link.is_symlink():
        draft = home / f".{link.name}-{os.getpid()}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(path)
        draft.replace(link)
    return link
