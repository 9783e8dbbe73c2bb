from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daguerre import layout
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.ids import SpaceName
from daguerre.index.build import build_index
from daguerre.search.abstention import Abstention, AbstentionError, read_abstention, write_abstention
from daguerre.search.service import SearchService
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS, flat_picture, tiny_encoder
from tests.fakes.spaces import NOW, SPACE, photo_rows, vector_rows, workspace


def abstention(space: SpaceName = SPACE, threshold: float | None = 0.5) -> Abstention:
    return Abstention(
        space=space, threshold=threshold, statistic="score of the best hit", rule="balanced", false_answer_rate=0.08,
        false_answer_interval=(0.02, 0.2), recall_loss=0.02, recall_loss_interval=(0.0, 0.05), queries=80,
        no_match_queries=30, meets_targets=True, calibrated_at=NOW,
    )  # fmt: skip


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "root", tmp_path / "cache")


def test_what_is_kept_is_read_back(ws: Workspace) -> None:
    assert read_abstention(ws, SPACE) is None
    for known in (abstention(), abstention(threshold=None)):
        write_abstention(ws, known)
        assert read_abstention(ws, SPACE) == known
    assert read_abstention(ws, SpaceName("other-00000000")) is None


@pytest.mark.parametrize("record", [b"", b"[]", b"{}", b'{"threshold": 0.5}'])
def test_a_record_that_cannot_be_read_is_named(ws: Workspace, record: bytes) -> None:
    ws.store.put(layout.abstention(SPACE), record)
    with pytest.raises(AbstentionError, match=layout.abstention(SPACE)):
        read_abstention(ws, SPACE)


def test_a_record_with_an_unknown_field_is_refused(ws: Workspace) -> None:
    write_abstention(ws, abstention())
    data = ws.store.get(layout.abstention(SPACE))
    ws.store.put(layout.abstention(SPACE), data.replace(b'"rule"', b'"role"'))
    with pytest.raises(AbstentionError, match="Materialise search_quality"):
        read_abstention(ws, SPACE)


def test_the_threshold_itself_is_good_enough() -> None:
    assert [abstention().withholds(best) for best in (0.49, 0.5, 0.51)] == [True, False, False]
    assert not abstention(threshold=None).withholds(-1.0)


@pytest.fixture
def encoder(tmp_path: Path) -> OnnxEncoder:
    return tiny_encoder(tmp_path / "tiny")


@pytest.fixture
def service(ws: Workspace, encoder: OnnxEncoder) -> SearchService:
    side = encoder.spec.side_px
    pictures = np.stack([flat_picture(colour, side, seed=i) for i, colour in enumerate(COLOURS)])
    rows = vector_rows(encoder.embed_images(pictures))
    catalogue.photos(ws).upsert(photo_rows(rows))
    catalogue.vectors(ws, encoder.spec.space, encoder.spec.dim).upsert(rows)
    build_index(ws, encoder.spec.space, encoder.spec.dim)
    return SearchService(ws, encoder)


def test_without_calibration_every_hit_is_good(service: SearchService) -> None:
    assert service.abstention is None
    assert not service.judge(service.by_text("a red photo", k=3), "text")
    assert service.judge([], "text")
    assert service.judge([], "photo")


def test_only_words_are_judged_and_by_their_best_hit(
    service: SearchService, ws: Workspace, encoder: OnnxEncoder
) -> None:
    hits = service.by_text("a red photo", k=3)
    for threshold, nothing_good in ((hits[0].score + 0.01, True), (hits[0].score, False), (hits[1].score, False)):
        write_abstention(ws, abstention(encoder.spec.space, threshold))
        calibrated = SearchService(ws, encoder)
        assert calibrated.judge(hits, "text") == nothing_good
        assert not calibrated.judge(hits, "photo")
        assert not calibrated.judge(hits, "image")


def test_a_new_calibration_is_taken_up_like_a_new_snapshot(
    service: SearchService, ws: Workspace, encoder: OnnxEncoder
) -> None:
    assert service.newer() is None
    write_abstention(ws, abstention(encoder.spec.space, 1.5))
    newer = service.newer()
    assert newer is not None
    hits = service.by_text("a red photo", k=3)
    assert (service.judge(hits, "text"), newer.judge(hits, "text")) == (False, True)
    assert newer.newer() is None
    write_abstention(ws, replace(abstention(encoder.spec.space, 0.1)))
    assert newer.newer() is not None


def test_a_record_that_cannot_be_read_keeps_nobody_from_searching(
    service: SearchService, ws: Workspace, encoder: OnnxEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    key = layout.abstention(encoder.spec.space)
    write_abstention(ws, abstention(encoder.spec.space, 1.5))
    ws.store.put(key, ws.store.get(key)[:40])
    assert service.newer() is None
    assert not caplog.records
    opened = SearchService(ws, encoder)
    assert opened.abstention is None
    assert not opened.judge(opened.by_text("a red photo", k=3), "text")
    assert key in caplog.text
    assert opened.newer() is None
    write_abstention(ws, abstention(encoder.spec.space, 1.5))
    mended = opened.newer()
    assert mended is not None
    assert mended.judge(mended.by_text("a red photo", k=3), "text")
