"""What is known of the photos of some batches, as columns of one sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from daguerre.features.lake import landing_day, read_partition
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_CONCEPTS, PHOTO_FACES, PHOTO_QUALITY, View
from daguerre.ids import BatchKey
from daguerre.tables import catalogue
from daguerre.tables.columns import to_matrix
from daguerre.tables.sql import one_of
from daguerre.workspace import Workspace

#: Rows of one side. At 5,000 a normed Wasserstein distance of .1 is never reached by chance; more only costs time.
MAX_ROWS = 20_000
#: Vectors of one side: the kernel of both sides has this many squared, times four, numbers.
MAX_VECTORS = 2_000

_NAMED = ("format", "media", "time_source", "camera")
_WORDS = ("top_concept", "concept_model")
_OPTIONAL = ("taken_at", "lat", "camera")
_PHOTO = list(dict.fromkeys(["photo_id", "bytes", "width", "height", *_NAMED, *_OPTIONAL, "notes"]))
_VIEWS: tuple[View, ...] = (PHOTO_QUALITY, PHOTO_FACES, PHOTO_AESTHETIC, PHOTO_CONCEPTS)
_NUMBERS = {
    PHOTO_QUALITY: ("sharpness", "exposure", "contrast", "colorfulness", "noise", "megapixels"),
    PHOTO_FACES: ("face_count", "largest_face_area"),
    PHOTO_AESTHETIC: ("aesthetic",),
    PHOTO_CONCEPTS: (),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """A sample of photos of one or several batches.

    Attributes:
        rows: Photos in the batches, sampled or not.
        numbers: By signal, `(n,) float64`; NaN where there is none.
        categories: By column, n words; empty where there is none.
        flags: By flag, `(n,) bool`.
        vectors: `(m, d) float32` descriptors.
    """

    rows: int
    numbers: Mapping[str, npt.NDArray[np.float64]]
    categories: Mapping[str, Sequence[str]]
    flags: Mapping[str, npt.NDArray[np.bool_]]
    vectors: npt.NDArray[np.float32]


def read_window(ws: Workspace, batches: Sequence[BatchKey]) -> Window:
    """Read a sample of the batches; the same batches give the same sample.

    A photo's id is a hash, so the photos with the smallest ids are a fair sample that storage can pick by itself.
    """
    mine = one_of("batch", list(batches))
    rows = catalogue.photos(ws).count(mine)
    photos = catalogue.photos(ws).read(_PHOTO, _sampled(mine, rows, MAX_ROWS))
    signals = _signals(ws, batches, photos["photo_id"])
    return Window(
        rows=rows,
        numbers={
            "ln_bytes": np.log1p(_numbers(photos["bytes"])),
            "aspect": _numbers(photos["width"]) / np.maximum(_numbers(photos["height"]), 1),
            **{name: _numbers(column) for name, column in signals.items() if name not in _WORDS},
        },
        categories={
            **{name: _words(photos[name]) for name in _NAMED},
            **{name: _words(signals[name]) for name in _WORDS if name in signals},
        },
        flags={
            **{f"no {name}": _missing(photos[name]) for name in _OPTIONAL},
            **_notes(photos["notes"]),
        },
        vectors=_vectors(ws, mine, rows),
    )


def _signals(ws: Workspace, batches: Sequence[BatchKey], photo_ids: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """Return the columns of the views, aligned with `photo_ids`; null where a view has no row."""
    columns: dict[str, pa.ChunkedArray] = {}
    for view in _VIEWS:
        parts = [read_partition(ws, view, landing_day(batch), batch) for batch in batches]
        table = pa.concat_tables([view.schema.empty_table(), *parts])
        if not table.num_rows:
            continue
        table = table.take(pc.index_in(photo_ids, table["photo_id"].combine_chunks()))
        columns |= {name: table[name] for name in _NUMBERS[view]}
        if view is PHOTO_CONCEPTS:
            model = pc.binary_join_element_wise(table["concept_space"], table["concept_vocabulary"], "/")
            columns |= {"top_concept": table["top_concept"], "concept_model": model}
    return columns


def _vectors(ws: Workspace, mine: str, rows: int) -> npt.NDArray[np.float32]:
    table = catalogue.descriptors(ws).read(["vector"], _sampled(mine, rows, MAX_VECTORS))
    return to_matrix(table["vector"]).astype(np.float32)


def _sampled(where: str, rows: int, most: int) -> str:
    if rows <= most:
        return where
    cut = int(most / rows * 2**32)
    return f"{where} AND photo_id < '{cut:08x}'"


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    filled: Any = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    return np.asarray(filled.to_numpy(), np.float64)


def _words(column: pa.ChunkedArray) -> Sequence[str]:
    words: list[str] = pc.fill_null(column, "").to_pylist()
    return words


def _missing(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_null(column).to_numpy(), np.bool_)


def _notes(column: pa.ChunkedArray) -> dict[str, npt.NDArray[np.bool_]]:
    """Return one flag for each note that the photos stage made, as in "null_island"."""
    said = [frozenset(notes or ()) for notes in column.to_pylist()]
    return {f"note {note}": np.array([note in notes for notes in said]) for note in sorted(frozenset().union(*said))}
