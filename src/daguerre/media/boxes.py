"""The outermost boxes of an ISO media file (ISO/IEC 14496-12): enough to see that the end is missing."""

from __future__ import annotations

from daguerre.media.reasons import Reason, RefusedError

_MOST_BOXES = 100_000


def check_complete(data: bytes) -> None:
    """Check that no outermost box reaches beyond the end; decoders answer such files without a word.

    Raises:
        RefusedError: truncated.
    """
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            break
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:  # to the end of the file
            return
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            raise RefusedError(Reason.CORRUPT, f"a box of {size} bytes at {at}")
        at += size
    if at > len(data):
        raise RefusedError(Reason.TRUNCATED, f"{at - len(data)} of {at} bytes are missing")
