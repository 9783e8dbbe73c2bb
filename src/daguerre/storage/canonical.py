"""The one way to write JSON that is hashed, compared or signed."""

from __future__ import annotations

import json


def canonical_json(obj: object) -> bytes:
    """Encode `obj` with sorted keys, no spaces and UTF-8 text, so that equal values have equal bytes.

    Raises:
        ValueError: a number is not finite, or a text cannot be written as UTF-8.
    """
    text = json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")
