"""Search as people use it: words or a picture in, photos out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.preprocess import to_input
from daguerre.encoders.spec import Encoder
from daguerre.errors import DaguerreError
from daguerre.ids import SpaceName
from daguerre.index.filters import Filters
from daguerre.index.query import QueryVector, SpaceMismatchError
from daguerre.index.searcher import ForeignOwnerError, Neighbour, Searcher
from daguerre.index.snapshot import Snapshot, read_snapshot
from daguerre.search.abstention import Abstention, AbstentionError, Kind, read_abstention, usable_abstention
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.workspace import Workspace

__all__ = ["Filters", "Hit", "PhotoNotFoundError", "SearchError", "SearchService"]

_log = logging.getLogger(__name__)

_COLUMNS = ["photo_id", "owner_id", "media", "video_id", "taken_at", "place", "source_key"]


class SearchError(DaguerreError):
    """The search cannot be answered."""

    exit_code = 2


class PhotoNotFoundError(SearchError):
    """There is no such photo to search by."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One answer.

    Attributes:
        photo_id: The photo or video.
        picture_id: What the query resembled: the photo itself, or the keyframe of the video.
        score: Cosine, from -1 to 1; comparable within one space only.
        taken_at: Aware UTC, when known.
    """

    photo_id: str
    picture_id: str
    owner_id: str
    score: float
    taken_at: datetime | None
    place: str | None
    source_key: str


class SearchService:
    """Answers queries in the space of one encoder. Safe to use from several threads."""

    def __init__(self, ws: Workspace, encoder: Encoder, snapshot: Snapshot | None = None) -> None:
        """Open a snapshot, by default the one that is published.

        Raises:
            SnapshotNotFoundError: the encoder's space was never indexed.
            SpaceMismatchError: the snapshot is of another space.
        """
        self._ws = ws
        self._encoder = encoder
        self._searcher = self._open(snapshot or read_snapshot(ws, encoder.spec.space))
        self._abstention = _calibration(ws, encoder.spec.space)

    @property
    def abstention(self) -> Abstention | None:
        """Return what is known of when to say that nothing good was found; None while it is not calibrated."""
        return self._abstention

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot that answers."""
        return self._searcher.snapshot

    def newer(self) -> SearchService | None:
        """Return a service of the same encoder over what is published now, snapshot and calibration; None: no change.

        Raises:
            SnapshotNotFoundError: the index is gone.
        """
        newest = read_snapshot(self._ws, self.snapshot.space)
        if newest == self.snapshot and usable_abstention(self._ws, newest.space) == self._abstention:
            return None
        return SearchService(self._ws, self._encoder, newest)

    def judge(self, hits: Sequence[Hit], kind: Kind) -> bool:
        """Say whether nothing good was found: no hit, or words that the best hit does not resemble enough.

        Hits come from this service, best first.
        """
        if not hits:
            return True
        return kind == "text" and self._abstention is not None and self._abstention.withholds(hits[0].score)

    def warm(self, owner: str) -> None:
        """Bring an owner's vectors into memory before it asks."""
        self._searcher.warm(owner)

    def residents(self) -> list[str]:
        """Return the owners whose vectors lie in memory, the one asked last at the end."""
        return self._searcher.residents()

    def by_text(self, text: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None) -> list[Hit]:
        """Return up to k photos that the words describe, best first.

        Raises:
            SearchError: the text is blank.
        """
        if not text.strip():
            raise SearchError("an empty text", fix="Say what should be on the photo.")
        query = self._query(self._encoder.embed_texts([text]))
        return self._answer(query, owner, k, filters, but_not="")

    def by_image(
        self, rgb: npt.NDArray[np.uint8], *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> list[Hit]:
        """Return up to k photos like an upright `(h, w, 3) uint8` RGB picture, best first."""
        images = to_input(rgb, self._encoder.spec)[None]
        query = self._query(self._encoder.embed_images(images))
        return self._answer(query, owner, k, filters, but_not="")

    def by_photo(
        self, photo_id: str, *, owner: str | None = None, k: int = 20, filters: Filters | None = None
    ) -> list[Hit]:
        """Return up to k other photos like a stored one, best first.

        Raises:
            PhotoNotFoundError: no vector of the photo, or it belongs to somebody other than `owner`.
        """
        photos = catalogue.photos(self._ws)
        asked = photos.lookup([photo_id], _COLUMNS).to_pylist()
        frames = photos.read(["photo_id"], f"video_id = {quote(photo_id)}") if _is(asked, "video") else None
        for picture in [photo_id, *(frames["photo_id"].to_pylist() if frames else [])]:
            known = self._searcher.vector(picture)
            if asked and known and owner in (None, known[0]):
                but_not = asked[0]["video_id"] or photo_id
                return self._answer(known[1], owner, k, filters, but_not=but_not)
        raise PhotoNotFoundError(photo_id, fix="`daguerre search` shows the ids of photos.")

    def _open(self, snapshot: Snapshot) -> Searcher:
        spec = self._encoder.spec
        if (snapshot.space, snapshot.dim) != (spec.space, spec.dim):
            raise SpaceMismatchError(
                f"{spec.space} of {spec.dim} numbers, {snapshot.space} of {snapshot.dim}",
                fix="Use the encoder that made the index.",
            )
        return Searcher(self._ws, snapshot)

    def _query(self, rows: npt.NDArray[np.float32]) -> QueryVector:
        return QueryVector(space=self._encoder.spec.space, values=rows[0])

    def _answer(
        self, query: QueryVector, owner: str | None, k: int, filters: Filters | None, *, but_not: str
    ) -> list[Hit]:
        if k < 1:
            raise SearchError(f"{k} photos", fix="Ask for at least one.")
        wanted = 2 * k + 1  # keyframes of one video count once
        while True:
            found = self._searcher.nearest(query, k=wanted, owner=owner, where=filters)
            hits = [hit for hit in self._hits(found) if hit.photo_id != but_not]
            if len(hits) >= k or len(found) < wanted:
                return hits[:k]
            wanted *= 4

    def _hits(self, found: Sequence[Neighbour]) -> list[Hit]:
        """Return the photos with what the catalogue says of them; erased ones are left out."""
        rows = catalogue.photos(self._ws).lookup([one.photo_id for one in found], _COLUMNS).to_pylist()
        known = {row["photo_id"]: row for row in rows}
        hits: dict[str, Hit] = {}
        for one in found:
            row = known.get(one.photo_id)
            if row is None:
                continue
            if row["owner_id"] != one.owner_id:
                raise ForeignOwnerError(f"photo {one.photo_id}")
            answer = row["video_id"] or one.photo_id
            hits.setdefault(
                answer,
                Hit(
                    photo_id=answer,
                    picture_id=one.photo_id,
                    owner_id=one.owner_id,
                    score=one.score,
                    taken_at=row["taken_at"],
                    place=row["place"],
                    source_key=row["source_key"],
                ),
            )
        return list(hits.values())


def _calibration(ws: Workspace, space: SpaceName) -> Abstention | None:
    """Return what is known of a space; a record that cannot be read counts as none, and the log says so."""
    try:
        return read_abstention(ws, space)
    except AbstentionError as e:
        _log.warning("every answer counts as a good one in %s: %s", space, e)
        return None


def _is(rows: list[dict[str, Any]], media: str) -> bool:
    return bool(rows) and rows[0]["media"] == media
