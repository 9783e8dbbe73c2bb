"""Screenshots, receipts and documents: files that lie between the photos and belong to no event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from daguerre.library.frames import Frame, Moment, row_of
from daguerre.library.lives import Life
from daguerre.library.moments import Subject, draw_quality, paper
from daguerre.library.scenes.captions import caption
from daguerre.library.scenes.scene import choose
from daguerre.library.seeding import rng
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import Quality, TruthRow, View
from daguerre.library.world import moved

_DOCS = ("screenshot", "screenshot", "screenshot", "receipt", "receipt", "document", "whiteboard", "chart")
_PERFECT = Quality(blur=0.0, noise=0.0, exposure=0.0)


def papers_of(spec: LibrarySpec, life: Life, count: int) -> Iterator[TruthRow]:
    """Yield `count` rows at any hour of the owner's days."""
    r = rng(spec.seed, "papers", life.owner_id)
    for number in range(count):
        day = spec.first_day + timedelta(days=int(r.integers(spec.days)))
        midnight = datetime.combine(day, time(0), ZoneInfo(life.home.zone)).astimezone(UTC)
        doc = choose(r, _DOCS)
        scene = paper(r, doc)
        is_screen = doc == "screenshot"
        width, height = spec.sizes.common
        at = moved(life.home.lat, life.home.lon, float(r.uniform(0, 8)), float(r.uniform(0, 360)))
        moment = Moment(
            moment_id=f"{life.owner_id}/paper-{number:05d}",
            owner_id=life.owner_id,
            event=(None, "", None),
            place=life.home,
            subject=Subject(scene=scene, people=()),
            caption=caption(r, scene, True),
            camera=None if is_screen else life.phone,
            writes_offset=not is_screen and bool(r.random() < spec.difficulty.offset_share),
            format="png" if is_screen else "jpeg",
            size=(height, width),
        )
        frame = Frame(
            number=0,
            taken_at=midnight + timedelta(milliseconds=int(r.uniform(8, 23) * 3_600_000)),
            position=at,
            gps=None if is_screen or r.random() >= spec.difficulty.gps_share else at,
            view=View(),
            quality=_PERFECT if is_screen else draw_quality(r, spec.difficulty.flaw_share / 2, dark=False),
        )
        yield row_of(spec.seed, moment, frame)
