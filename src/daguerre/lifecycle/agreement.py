"""Do a release's words find its pictures? Asked of the installation's own golden queries and a few of its photos."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from daguerre.encoders.preprocess import PictureError, jpeg_to_input
from daguerre.encoders.spec import Encoder
from daguerre.lifecycle.gate import GateResult, measured
from daguerre.lifecycle.interval import bootstrap
from daguerre.lifecycle.sampling import choose_photos
from daguerre.media.packs import read_pictures
from daguerre.quality.queries import GoldenQuery, load_queries
from daguerre.tables import catalogue
from daguerre.workspace import Workspace

AGREEMENT = "text_image_agreement"

_QUERIES, _RELEVANT, _OTHERS = 40, 3, 64
#: With fewer queries the interval says nothing.
_LEAST_QUERIES = 8
#: How much worse than production is too much. An encoder whose words mean nothing loses up to 0.5.
_MOST_LOSS = -0.1
_PLACE = ["pack", "proxy_offset", "proxy_bytes"]


def ask_agreement(ws: Workspace, candidate: Encoder, production: Encoder, *, seed: int) -> npt.NDArray[np.float64]:
    """Return `(queries, 2) float64`: for candidate and production, how often a right photo scores above a wrong one.

    The area under the ROC curve of each golden text query over one pool of photos: some of the right answers to the
    queries and some of the other photos. Ties count half. An installation without queries or photos gives no rows.
    """
    queries = [q for q in load_queries(ws) if q.kind == "text" and q.relevant]
    queries = random.Random(seed).sample(queries, min(_QUERIES, len(queries)))  # noqa: S311 - no secret
    if len(queries) < _LEAST_QUERIES:
        return np.zeros((0, 2))
    ids = {photo for q in queries for photo in sorted(q.relevant)[:_RELEVANT]}
    ids |= set(choose_photos(ws, size=_OTHERS, seed=seed).ids)
    rows = catalogue.photos(ws).lookup(sorted(ids), ["photo_id", *_PLACE])
    proxies = read_pictures(ws.store, list(zip(*(rows[c].to_pylist() for c in _PLACE), strict=True)))
    photos = rows["photo_id"].to_pylist()
    columns = [_areas(encoder, queries, photos, proxies) for encoder in (candidate, production)]
    both = np.column_stack(columns)
    return both[np.isfinite(both).all(axis=1)]


def agreement_gate(areas: npt.NDArray[np.float64]) -> GateResult:
    """Ask whether the candidate's words find its pictures about as often as production's do.

    Refused is only what is worse beyond doubt: the whole 95 % interval of the difference, queries being resampled.
    """
    if len(areas) < _LEAST_QUERIES:
        said = f"{len(areas)} golden queries could be asked of both, {_LEAST_QUERIES} are needed to tell"
        return GateResult(name=AGREEMENT, passed=True, limit=_MOST_LOSS, said=said)
    loss = bootstrap(areas, lambda drawn: (drawn[..., 0] - drawn[..., 1]).mean(axis=1), seed=0)
    mine, theirs = areas.mean(axis=0)
    said = (
        f"a right photo scores above a wrong one in {mine:.1%} of the pairs, with production in {theirs:.1%}; "
        f"{len(areas)} queries, difference {loss.value:+.3f} (95 %: {loss.low:+.3f} to {loss.high:+.3f})"
    )
    return measured(AGREEMENT, passed=loss.high >= _MOST_LOSS, value=loss.value, limit=_MOST_LOSS, said=said)


def area_under_curve(scores: npt.NDArray[np.floating], relevant: npt.NDArray[np.bool_]) -> float:
    """Return the share of (right, wrong) pairs in which the right one scores higher; NaN without such pairs."""
    right, wrong = scores[relevant], scores[~relevant]
    if not len(right) or not len(wrong):
        return float("nan")
    above = (right[:, None] > wrong).mean() + 0.5 * (right[:, None] == wrong).mean()
    return float(above)


def _areas(
    encoder: Encoder, queries: Sequence[GoldenQuery], photos: Sequence[str], proxies: Sequence[bytes]
) -> list[float]:
    known, images = [], []
    for photo, proxy in zip(photos, proxies, strict=True):
        try:
            images.append(jpeg_to_input(proxy, encoder.spec))
            known.append(photo)
        except PictureError:
            continue  # the photo has no vector in any space
    if not images:
        return [float("nan")] * len(queries)
    vectors = encoder.embed_images(np.stack(images))
    words = encoder.embed_texts([q.text for q in queries])
    scores = words @ vectors.T
    return [
        area_under_curve(row, np.array([photo in q.relevant for photo in known]))
        for q, row in zip(queries, scores, strict=True)
    ]
