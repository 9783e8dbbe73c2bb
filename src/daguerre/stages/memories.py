"""The memories stage: what each owner that a batch touches may be shown on the day of the workspace's clock."""

from __future__ import annotations

from datetime import date

import numpy as np

from daguerre.curation.best_shot import appeal
from daguerre.curation.columns import Ints, PhotoColumns, Words
from daguerre.curation.exclusion_log import read_rules
from daguerre.curation.exclusion_rules import ExclusionRules
from daguerre.curation.memories import make_memories
from daguerre.curation.memory import RULES, MemoryRules
from daguerre.curation.ranking import Judge
from daguerre.curation.timeline import timeline
from daguerre.ids import BatchKey, OwnerId
from daguerre.stages.instants import instant
from daguerre.stages.libraries import Curation, Row, curate, row_id
from daguerre.stages.ranker import judge_of
from daguerre.stages.report import StageReport
from daguerre.tables import catalogue
from daguerre.tables.sql import quote
from daguerre.telemetry import ProgressSink, no_progress
from daguerre.workspace import Workspace

CODE_VERSION = "memories-3"


def run_memories(ws: Workspace, batch: BatchKey, *, progress: ProgressSink = no_progress) -> StageReport:
    """Make the memories of every owner that the batch touches, from the duplicates that are stored."""
    made_for, judge = ws.clock().date(), judge_of(ws)

    def curator(owner: OwnerId, library: PhotoColumns) -> list[Row]:
        return memory_rows(owner, library, groups_of(ws, owner), made_for, read_rules(ws, owner), judge=judge)

    curation = Curation(stage="memories", table=catalogue.memories(ws), curator=curator, code_version=CODE_VERSION)
    return curate(ws, batch, curation, progress=progress)


def memory_rows(
    owner: OwnerId,
    library: PhotoColumns,
    group_of: dict[str, str],
    made_for: date,
    exclusions: ExclusionRules,
    rules: MemoryRules = RULES,
    *,
    judge: Judge = appeal,
) -> list[Row]:
    """Return the memories of one owner, without code version.

    `group_of` names the group of each photo that has duplicates; `judge` says how good each photo is.
    """
    line = timeline(library, judge=judge)
    ids = line.columns.photo_id
    return [
        {
            "memory_id": row_id("memory", owner, memory.key),
            "owner_id": owner,
            "kind": memory.kind,
            "title": memory.title,
            "reason": memory.reason,
            "score": memory.score,
            "rank": memory.rank,
            "cover_id": ids[memory.cover],
            "photo_ids": ids[list(memory.rows)].tolist(),
            "starts_at": instant(memory.starts_s),
            "ends_at": instant(memory.ends_s),
            "made_for": made_for,
            "rules_number": exclusions.number,
        }
        for memory in make_memories(line, _equals(ids, group_of), made_for, rules, exclusions)
    ]


def groups_of(ws: Workspace, owner: OwnerId) -> dict[str, str]:
    """Return the group of each photo, groups that share a photo under one name."""
    rows = catalogue.duplicates(ws).read(["photo_id", "group_id"], f"owner_id = {quote(owner)}")
    name: dict[str, str] = {}

    def find(photo: str) -> str:
        while (above := name.get(photo, photo)) != photo:
            photo = above
        return photo

    for photo, group in zip(rows["photo_id"].to_pylist(), rows["group_id"].to_pylist(), strict=True):
        one, other = sorted((find(photo), find(group)))
        name[other] = one
    return {photo: find(photo) for photo in rows["photo_id"].to_pylist()}


def _equals(ids: Words, group_of: dict[str, str]) -> Ints:
    names = np.array([group_of.get(photo, photo) for photo in ids.tolist()], dtype=str)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)
