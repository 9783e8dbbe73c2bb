"""Names of files as devices, messengers and people give them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import numpy as np

from daguerre.library.scenes.scene import choose
from daguerre.library.seeding import rng
from daguerre.library.spec import LibrarySpec
from daguerre.library.truth import TruthRow

_SUFFIX = {"jpeg": "jpg", "tiff": "tif"}
_ODD = (
    "{place} {date} 🌅",
    "Mum's favourite ({n})",
    '"the good one" {date}',
    "été à {place}, {n}",
    "{date}  two  spaces",
    "家族 {n}",
    "100% {place} #{n}",
    "IMG_{n}.final.FINAL",
)
_ODD_AT_BIRTHDAYS = "Birthday 🎂 {n}"


def name_files(spec: LibrarySpec, rows: Sequence[TruthRow]) -> dict[str, str]:
    """Return the source key `<owner>/<year>/<name>` of every row of one owner, by the row's working key."""
    ordered = sorted(rows, key=lambda row: (row.taken_at, row.key))
    names: dict[str, str] = {}
    taken: set[str] = set()
    counter = int(rng(spec.seed, "counter", rows[0].owner_id).integers(1, 6000)) if rows else 0
    for row in (*(r for r in ordered if not r.duplicate_of), *(r for r in ordered if r.duplicate_of)):
        counter += 1
        local = row.taken_at.astimezone(ZoneInfo(row.zone))
        r = rng(spec.seed, "name", row.key)
        if row.duplicate_of and row.duplicate_of in names and row.transform != "messenger":
            stem = _copied(r, row, PurePosixPath(names[row.duplicate_of]).stem, local)
        elif r.random() < spec.odd_names:
            stem = _odd(r, row, local, counter)
        else:
            stem = _device(row, local, counter)
        key = _free(f"{row.owner_id}/{local.year}/{stem}", _suffix(r, row), taken)
        taken.add(key)
        names[row.key] = key
    return names


def _device(row: TruthRow, local: datetime, counter: int) -> str:
    if row.transform == "messenger":
        return f"IMG-{local:%Y%m%d}-WA{counter % 10_000:04d}"
    if row.camera is None:
        return f"Screenshot_{local:%Y%m%d-%H%M%S}"
    if not row.camera.phone:
        return f"DSC_{counter % 10_000:04d}"
    if row.camera.make == "Google":
        return f"PXL_{local:%Y%m%d_%H%M%S}{local.microsecond // 1000:03d}" + ("~2" if row.burst_id else "")
    if row.camera.make == "Apple":
        return f"IMG_{counter % 10_000:04d}"
    return f"{local:%Y%m%d_%H%M%S}"


def _copied(r: np.random.Generator, row: TruthRow, original: str, local: datetime) -> str:
    if row.transform == "screenshot":
        return f"Screenshot_{local:%Y%m%d-%H%M%S}"
    if row.transform in ("crop", "filter"):
        return f"{original}-edited"
    return choose(r, (f"{original} (1)", f"{original} copy", f"Copy of {original}"))


def _odd(r: np.random.Generator, row: TruthRow, local: datetime, counter: int) -> str:
    pattern = _ODD_AT_BIRTHDAYS if row.theme == "birthday" else choose(r, _ODD)
    return pattern.format(place=row.place.split(",")[0], date=f"{local:%d.%m.%Y}", n=counter % 1000)


def _suffix(r: np.random.Generator, row: TruthRow) -> str:
    suffix = _SUFFIX.get(row.format, row.format)
    return suffix.upper() if row.camera and row.camera.make in ("Apple", "Canon") and r.random() < 0.7 else suffix


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    key, copy = f"{stem}.{suffix}", 1
    while key in taken:
        copy += 1
        key = f"{stem}_{copy:02d}.{suffix}"
    return key
