"""Which keys an object may have."""

from __future__ import annotations

from daguerre.storage.ports import BadKeyError

#: Names that begin so are files in the making. No key may use them and no listing shows them.
TEMPORARY = ".tmp-"
#: What S3 allows, in UTF-8 bytes.
MAX_KEY_BYTES = 1024


def check_key(key: str) -> str:
    """Return `key` when it is a relative UTF-8 path without `.`, `..`, empty parts or NUL.

    Raises:
        BadKeyError: it is not.
    """
    fault = _fault(key)
    if fault:
        raise BadKeyError(f"{key!r} {fault}", fix="Keys look like tables/photos.lance.")
    return key


def check_prefix(prefix: str) -> str:
    """Return `prefix` when some key can begin with it; unlike a key it may be empty or end in a slash."""
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def _fault(key: str) -> str:
    if "\0" in key:
        return "contains a NUL"
    try:
        if len(key.encode("utf-8")) > MAX_KEY_BYTES:
            return f"is longer than {MAX_KEY_BYTES} bytes"
    except UnicodeEncodeError:
        return "is not UTF-8"
    for part in key.split("/"):
        if part in {"", ".", ".."}:
            return f"has the part {part!r}"
        if part.startswith(TEMPORARY):
            return f"has a part that begins with {TEMPORARY}"
    return ""
