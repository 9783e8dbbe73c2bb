"""Golden queries: questions whose right answers are known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from daguerre.errors import DaguerreError
from daguerre.landing.manifest import list_batches, read_manifest
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

#: Where the queries of this installation lie, copied from the source that came with them.
QUERIES = "quality/queries.jsonl"
#: Where a source may bring its own.
IN_SOURCE = ".daguerre/queries.jsonl"


class QueriesError(DaguerreError):
    """The golden queries cannot be read."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class GoldenQuery:
    """One question with its right answers.

    Attributes:
        photo_id: The photo to search by, for kind `photo`; empty when it has not landed.
        owner_id: Whose library to search; None: all.
        relevant: Ids of the right answers that have landed.
        expected: How many right answers the question has in all; 0: nothing matches, and that is the point.
        query_class: What kind of question it is, as in "colour" or "two objects".
        judged: Ids of the photos that somebody looked at for this question, right answers included; None: all of
            them, so that whatever is not relevant is wrong.
    """

    id: str
    kind: Literal["text", "photo"]
    text: str
    photo_id: str
    owner_id: str | None
    relevant: frozenset[str]
    expected: int
    query_class: str
    judged: frozenset[str] | None = None

    @property
    def no_match(self) -> bool:
        """Say whether the right answer is that there is none."""
        return self.expected == 0

    @property
    def answerable(self) -> bool:
        """Say whether something to find has landed, and the photo to search by as well."""
        return bool(self.relevant) and bool(self.kind == "text" or self.photo_id)


def find_in_source(ws: Workspace) -> Path | None:
    """Return the file of queries that the source brings along: the configured one, or the one that landed last."""
    sources = [ws.settings.source]
    if batches := list_batches(ws.store):
        sources.append(read_manifest(ws.store, batches[-1]).source)
    files = [Path(source) / IN_SOURCE for source in sources if source and "://" not in source]
    return next((path for path in files if path.is_file()), None)


def load_queries(ws: Workspace, path: Path | None = None) -> list[GoldenQuery]:
    """Return the golden queries; with `path`, a JSONL file, take its queries over into the root first.

    Each line holds `id`, `kind`, `text`, `photo` (source key), `owner_id`, `relevant` (source keys), `class`, and
    `judged` (source keys) where not every photo was looked at. An installation without queries has none.

    Raises:
        QueriesError: a line cannot be read, or two lines have one id.
    """
    if path is not None:
        data = path.read_bytes()
        _parse(data)
        ws.store.put(QUERIES, data)
    try:
        lines = _parse(ws.store.get(QUERIES))
    except ObjectNotFoundError:
        return []
    ids = _photo_ids(ws, lines)
    return [_query(line, ids) for line in lines]


def _parse(data: bytes) -> list[dict[str, Any]]:
    lines, seen = [], set()
    for number, text in enumerate(data.decode("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            asked = line["text"] if line["kind"] == "text" else line["photo"]
            line["id"], list(line["relevant"])
        except (ValueError, KeyError, TypeError) as e:
            raise QueriesError(f"line {number}: {e!r}") from e
        if line["kind"] not in {"text", "photo"} or not asked or line["id"] in seen:
            raise QueriesError(f"line {number}", fix="A query has its own id, and a text or a photo.")
        seen.add(line["id"])
        lines.append(line)
    return lines


def _photo_ids(ws: Workspace, lines: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the photos behind the source keys that the queries name; a key that landed again counts as its latest."""
    wanted = {key for line in lines for key in (*line["relevant"], *(line.get("judged") or ()), line.get("photo"))}
    newest: dict[str, tuple[int, str]] = {}
    for rows in catalogue.objects(ws).scan(["key", "batch", "photo_id"]):
        for key, batch, photo_id in zip(*(c.to_pylist() for c in rows.columns), strict=True):
            number = int(batch.rsplit(".", 1)[1])
            if key in wanted and number > newest.get(key, (0, ""))[0]:
                newest[key] = (number, photo_id)
    return {key: photo_id for key, (_, photo_id) in newest.items()}


def _query(line: dict[str, Any], ids: dict[str, str]) -> GoldenQuery:
    keys: Sequence[str] = line["relevant"]
    photo = ids.get(line.get("photo") or "", "")
    judged: Sequence[str] | None = line.get("judged")
    return GoldenQuery(
        id=str(line["id"]),
        kind=line["kind"],
        text=line.get("text") or "",
        photo_id=photo,
        owner_id=line.get("owner_id"),
        relevant=frozenset(ids[key] for key in keys if key in ids) - {photo},
        expected=len(keys),
        query_class=str(line.get("class") or "other"),
        judged=None if judged is None else frozenset(ids[key] for key in (*judged, *keys) if key in ids),
    )
