"""Owners with known tastes over ten weeks: photos without pixels, signals with errors of measuring, and deeds.

Tastes are those of generated libraries (daguerre.library.engagement): sharp photos, people, journeys, one sort of
view; papers hardly at all. Signals are written once, when the photos land; deeds are counted every week, as a run of
the engagement asset would, so that every row of the lake was written when it could have been.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from daguerre.features.aesthetic import aesthetic
from daguerre.features.engagement import load_events
from daguerre.features.lake import landing_day, write_partition
from daguerre.features.quality_signals import Quality
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_CONCEPTS, PHOTO_FACES, PHOTO_QUALITY, View
from daguerre.ids import parse_batch
from daguerre.library.engagement import appeal
from daguerre.library.lives import life_of
from daguerre.library.plan import plan_library
from daguerre.library.spec import SMALL, LibrarySpec, owner_names
from daguerre.library.truth import TruthRow
from daguerre.tables import catalogue, schemas
from daguerre.workspace import Workspace
from tests.fakes.signals import MovingClock, rows

LANDED = datetime(2026, 3, 2, 9, tzinfo=UTC)
BATCH = parse_batch("2026-03-02.0001")
WEEKS = 10


def live_ten_weeks(ws: Workspace, clock: MovingClock, file: Path, *, seed: int, owners: int = 8) -> None:
    """Let owners live; the clock ends in the morning after the last week."""
    plan = plan_library(LibrarySpec(owners=owner_names(owners), photos=owners * 90, seed=seed, sizes=SMALL, shared=0))
    rng = np.random.default_rng((seed, 5))
    clock.now = LANDED
    photos = [row for owner in plan.spec.owners for row in plan.of(owner) if row.readable and row.media == "photo"]
    liking = {}
    for rank, owner in enumerate(plan.spec.owners):
        loves = life_of(plan.spec.seed, owner, rank).loves
        liking |= {row.key: appeal(row, loves) for row in plan.of(owner)}
    ids = {row.key: f"{number:032x}" for number, row in enumerate(photos)}
    catalogue.photos(ws).upsert(_catalogued(photos, ids))
    write_signals(ws, rng, photos, ids)
    for week in range(WEEKS):
        begins = (LANDED + timedelta(days=7 * week)).replace(hour=0) + timedelta(days=1)
        with file.open("a", encoding="utf-8") as told:
            for row in photos:
                for kind, day in _deeds(rng, liking[row.key]):
                    at = begins + timedelta(days=day, hours=12)
                    event = {"at": at.isoformat(), "owner_id": row.owner_id, "photo_id": ids[row.key], "kind": kind}
                    told.write(json.dumps(event) + "\n")
        clock.now = begins + timedelta(days=7, hours=3)
        load_events(ws, file)


def write_signals(ws: Workspace, rng: np.random.Generator, photos: list[TruthRow], ids: dict[str, str]) -> None:
    """Write what a measurement of each photo would say, errors included, as of the landing."""
    measured = [_measured(rng, row) for row in photos]
    seen = [len(row.people) if rng.random() < 0.8 else 0 for row in photos]  # faces are overlooked
    features: dict[View, dict[str, list[object]]] = {
        PHOTO_QUALITY: {name: [getattr(quality, name) for quality in measured] for name in vars(measured[0])},
        PHOTO_AESTHETIC: {"aesthetic": [aesthetic(quality) for quality in measured]},
        PHOTO_FACES: {
            "face_count": list(seen),
            "largest_face_area": [0.05 * bool(count) for count in seen],
            "face_quality": [5.0 if count else None for count in seen],
        },
        PHOTO_CONCEPTS: {"top_concept": ["view" if row.category == "photo" else "receipt" for row in photos]},
    }
    owners = pa.array([row.owner_id for row in photos], pa.string())
    for view, values in features.items():
        table = rows(view, [ids[row.key] for row in photos], at=LANDED, **values)
        table = table.set_column(table.column_names.index("owner_id"), "owner_id", owners)
        write_partition(ws, view, landing_day(BATCH), BATCH, table)


def _measured(rng: np.random.Generator, row: TruthRow) -> Quality:
    true = row.quality
    return Quality(
        sharpness=float(7.5 - 0.5 * true.blur + rng.normal(0, 0.9)),
        exposure=float(np.clip(rng.normal(0.42, 0.08) * 2**true.exposure, 0.02, 0.98)),
        contrast=float(rng.uniform(0.1, 0.25)),
        colorfulness=float(rng.uniform(10, 60)),
        noise=float(max(0.0, 0.8 * true.noise + rng.normal(1, 1))),
        megapixels=12.0,
    )


def _deeds(rng: np.random.Generator, liking: float) -> list[tuple[str, int]]:
    """Return what is done with a photo in a week, and on which day of it."""
    deeds = [("view", int(rng.integers(7))) for _ in range(rng.poisson(0.05 + 1.5 * liking**2))]
    if deeds and rng.random() < 0.4 * liking**2:
        deeds.append(("favorite", deeds[0][1]))
    if deeds and rng.random() < 0.2 * liking**2:
        deeds.append(("share", deeds[0][1]))
    return deeds


def _catalogued(photos: list[TruthRow], ids: dict[str, str]) -> pa.Table:
    blank = {
        field.name: None if field.nullable else 1 if pa.types.is_integer(field.type) else "x"
        for field in schemas.PHOTOS
    }
    told = [
        blank
        | {
            "photo_id": ids[row.key],
            "owner_id": row.owner_id,
            "batch": BATCH,
            "media": "photo",
            "source_key": row.key,
            "taken_at": row.taken_at,
            "time_source": "exif_offset",
            "ingested_at": LANDED,
        }
        for row in photos
    ]
    return pa.Table.from_pylist(told, schema=schemas.PHOTOS)
