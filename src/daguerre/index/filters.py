"""What a search may be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from daguerre.index.snapshot import VectorIndexError
from daguerre.tables.sql import instant, one_of, quote

#: A video is searched through its keyframes.
_MEDIA = {"photo": ("photo",), "video": ("video", "keyframe")}


class BadFilterError(VectorIndexError):
    """A search cannot be narrowed that way."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Conditions that all must hold; an empty one lets everything through.

    Attributes:
        after: Taken at or after this aware datetime.
        before: Taken before this aware datetime.
        place: Name of a place as stored ("Lisbon, PT") or of its city alone ("lisbon"), in any case.
        media: `photo` or `video`.
    """

    after: datetime | None = None
    before: datetime | None = None
    place: str | None = None
    media: str | None = None

    def to_sql(self) -> str:
        """Return the condition in the tables' filter language; empty when nothing is asked.

        Raises:
            BadFilterError: `media` is neither photo nor video.
            ValueError: a datetime is naive.
        """
        parts = []
        if self.after:
            parts.append(f"taken_at >= {instant(self.after)}")
        if self.before:
            parts.append(f"taken_at < {instant(self.before)}")
        if self.place:
            name = self.place.lower()
            parts.append(f"(lower(place) = {quote(name)} OR starts_with(lower(place), {quote(name + ',')}))")
        if self.media:
            if self.media not in _MEDIA:
                raise BadFilterError(f"media {self.media!r}", fix="Say photo or video.")
            parts.append(one_of("media", _MEDIA[self.media]))
        return " AND ".join(parts)
