"""Memories follow the promoted ranker, and nothing else changes without one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from daguerre.curation.ranker_files import store_ranker
from daguerre.curation.ranking import FEATURES, Ranker, Stump
from daguerre.curation.reading import LibraryReader
from daguerre.ids import OwnerId
from daguerre.registry.events import EventKind
from daguerre.registry.log import promote, record
from daguerre.stages.duplicates import run_duplicates
from daguerre.stages.memories import run_memories
from daguerre.stages.ranker import ALIAS, PRODUCT
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.integration.curation.conftest import BATCHES

ALICE = OwnerId("alice")
#: A taste that nobody has: blurred pictures first.
BLURRED = Ranker(
    base=0.0,
    usual=dict.fromkeys(FEATURES, 0.0),
    stumps=tuple(Stump(feature="sharpness", at=at, below=1.0, above=-1.0) for at in (4.5, 5.0, 5.5, 6.0, 6.5, 7.0)),
)


def shown_sharpness(ws: Workspace) -> float:
    library = LibraryReader(ws).read(ALICE)
    of = dict(zip(library.photo_id.tolist(), library.sharpness.tolist(), strict=True))
    memories = catalogue.memories(ws).read(["photo_ids"], "owner_id = 'alice'")["photo_ids"].to_pylist()
    return float(np.mean([of[photo] for photos in memories for photo in photos]))


def test_memories_are_composed_by_the_ranker_once_it_is_promoted(ws: Workspace) -> None:
    run_duplicates(ws, BATCHES[0])
    run_memories(ws, BATCHES[0])
    before = shown_sharpness(ws)
    digest = store_ranker(ws, BLURRED, {})
    told = {"actor": "a test", "reason": "odd taste", "product": PRODUCT}
    record(ws, EventKind.REGISTERED, digest, allow=lambda _: True, **told)
    run_memories(ws, BATCHES[0])
    assert shown_sharpness(ws) == before
    promote(ws, ALIAS, digest, **told)
    run_memories(ws, BATCHES[0])
    assert shown_sharpness(ws) < before - 0.5


def test_another_model_is_another_digest(ws: Workspace) -> None:
    digest = store_ranker(ws, BLURRED, {"liked": 3})
    assert store_ranker(ws, BLURRED, {"liked": 3}) == digest
    assert store_ranker(ws, BLURRED, {"liked": 4}) != digest
    assert store_ranker(ws, replace(BLURRED, base=0.5), {"liked": 3}) != digest
