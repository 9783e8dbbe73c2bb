from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from daguerre.features.aesthetic import aesthetic
from daguerre.features.photo_signals import SIGNALS_VERSION, UnreadableProxyError, signals_of
from daguerre.features.signal_rows import SCHEMA, descriptor_rows, read_rows, rows_of, view_rows, write_rows
from daguerre.features.views import PHOTO_AESTHETIC, PHOTO_FACES, PHOTO_QUALITY
from daguerre.ids import batch_key
from daguerre.tables.schemas import DESCRIPTORS
from daguerre.workspace import Workspace
from tests.fakes.signals import NOON


def jpeg(seed: int = 0) -> bytes:
    sink = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    Image.fromarray(pixels).save(sink, "JPEG", quality=90)
    return sink.getvalue()


def test_the_parts_belong_together() -> None:
    signals = signals_of(jpeg(), width=3000, height=2000)
    assert signals.quality.megapixels == 6
    assert signals.aesthetic == aesthetic(signals.quality)
    assert np.linalg.norm(signals.descriptor) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("proxy", [b"", b"<html>", jpeg()[:60], jpeg()[: len(jpeg()) // 2]])
def test_a_broken_proxy_is_named_as_such(proxy: bytes) -> None:
    with pytest.raises(UnreadableProxyError):
        signals_of(proxy, width=1, height=1)


def test_rows_keep_the_reason_of_what_could_not_be_read() -> None:
    rows = rows_of(["p1", "p2"], ["alice", "bob"], [signals_of(jpeg(), width=10, height=10), "corrupt"])
    assert rows.schema == SCHEMA
    assert rows["reason"].to_pylist() == [None, "corrupt"]
    assert rows["sharpness"].to_pylist()[1] is None


def test_a_checkpoint_reads_back_equal_and_not_at_all_after_a_change_of_code(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(["p1", "p2"], ["alice", "bob"], [signals_of(jpeg(), width=10, height=10), "corrupt"])
    write_rows(ws, "ledger/signals/x.parquet", rows)
    assert read_rows(ws, "ledger/signals/x.parquet").equals(rows)
    monkeypatch.setattr("daguerre.features.signal_rows.SIGNALS_VERSION", SIGNALS_VERSION + "+more")
    assert read_rows(ws, "ledger/signals/x.parquet").num_rows == 0
    assert read_rows(ws, "ledger/signals/none.parquet").num_rows == 0


def test_views_and_table_take_their_columns() -> None:
    rows = rows_of(["p1"], ["alice"], [signals_of(jpeg(), width=10, height=10)])
    for view in (PHOTO_QUALITY, PHOTO_FACES, PHOTO_AESTHETIC):
        taken = view_rows(rows, view, NOON)
        assert taken.column_names == [name for name in view.schema.names if name != "created_timestamp"]
    vectors = descriptor_rows(rows, batch_key("2026-03-01", 1))
    assert vectors.schema == DESCRIPTORS
    assert pa.types.is_float16(vectors.schema.field("vector").type.value_type)
