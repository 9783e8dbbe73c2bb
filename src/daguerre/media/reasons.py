"""Why an object is refused: a closed list, so that refusals can be counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from daguerre.errors import DaguerreError

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


class Reason(StrEnum):
    """Why an object did not become a photo."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"  # the content is something else: a web page, an archive, a document
    UNKNOWN_FORMAT = "unknown_format"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    NO_FRAMES = "no_frames"  # a video without a picture
    TOO_LARGE_BYTES = "too_large_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    DECODE_TIMEOUT = "decode_timeout"
    DECODE_MEMORY = "decode_memory"
    DECODER_CRASHED = "decoder_crashed"
    VANISHED = "vanished"  # deleted between listing and reading
    CHANGED = "changed"  # replaced between listing and reading; the next landing finds the new one
    UNREADABLE = "unreadable"  # we may not read it
    STORE_ERROR = "store_error"
    INTERNAL_ERROR = "internal_error"  # our own mistake; the detail names it

    @property
    def transient(self) -> bool:
        """Say whether the same bytes may be accepted another time, so that a later run tries again."""
        return self is Reason.STORE_ERROR


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The answer for an object that does not become a photo."""

    reason: Reason
    detail: str
    attempts: int = 1


class RefusedError(DaguerreError):
    """The object does not become a photo."""

    def __init__(self, reason: Reason, detail: str = "", *, attempts: int = 1) -> None:
        super().__init__(f"{reason}, {detail}" if detail else str(reason))
        # Details come from decoders and from file contents: one short printable line.
        # Addresses differ from run to run, and equal files must have equal rows.
        line = "".join(c if c.isprintable() else " " for c in _ADDRESS.sub("0x..", detail[:400]))
        self.refused = Refused(reason=reason, detail=" ".join(line.split())[:200], attempts=attempts)
