r"""File names that are not UTF-8, as text and back.

A byte that is not part of valid UTF-8 becomes `\xHH`. A backslash that already looks like the start of such a mark
becomes `\x5c`, so every name has exactly one text and every text of ours leads back to its name.
"""

from __future__ import annotations

import os
import re

_MARK = re.compile(r"\\x([0-9a-f]{2})")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]|\\(?=x[0-9a-f]{2})")


def to_text(name: str) -> str:
    """Return the text of a name as the operating system's calls gave it (undecodable bytes as lone surrogates)."""
    return _NOT_UTF8.sub(lambda m: f"\\x{ord(m[0]) & 0xFF:02x}", name)


def to_name(text: str) -> str:
    """Return the name behind a text, ready for the operating system's calls."""
    if "\\x" not in text:
        return text
    # The mark's bytes are put in place undecoded; `fsdecode` then joins them the way a listing would.
    raw = _MARK.sub(lambda m: chr(0xDC00 + int(m[1], 16)) if int(m[1], 16) > 0x7F else chr(int(m[1], 16)), text)
    return os.fsdecode(os.fsencode(raw))
