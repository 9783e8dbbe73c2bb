"""Embedding a few photos before embedding all: is it any good, and what will the rest cost?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daguerre.encoders.spec import Encoder
from daguerre.errors import DaguerreError
from daguerre.landing.manifest import list_batches
from daguerre.lifecycle.estimate import EXCLUDES, Estimate, estimate
from daguerre.lifecycle.pace import Pace
from daguerre.lifecycle.questions import Comparison
from daguerre.lifecycle.rehearsal import rehearse_writing
from daguerre.lifecycle.sampling import Choice, choose_photos
from daguerre.lifecycle.side_by_side import ask_side_by_side
from daguerre.lifecycle.standing import standing
from daguerre.quality.queries import GoldenQuery, load_queries
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import keep_evidence
from daguerre.registry.log import read_state, record
from daguerre.registry.state import PRODUCTION
from daguerre.stages.embedding_feed import Feed
from daguerre.tables import catalogue
from daguerre.telemetry import Progress, ProgressSink, no_progress
from daguerre.workspace import Workspace

STAGE = "sample"
SIZE = 512
#: Fewer photos say nothing about speed.
_LEAST = 16
_PLACE = ["pack", "proxy_offset", "proxy_bytes"]
_COLUMNS = ["photo_id", "owner_id", "batch", "taken_at", "place", "media", "video_id", *_PLACE]


class SampleError(DaguerreError):
    """No sample can be taken."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a sample says of a release.

    Attributes:
        photos: Photos in the catalogue.
        sampled: How many stand for them.
        judged: Further photos that golden queries ask for; they count for quality and speed alike.
        strata: How many pairs of owner and year there are, and how many are in the sample.
        refused: Photos of the sample without a vector, by reason.
        estimate: The price of embedding all.
        quality: Golden queries over the sampled photos, against production's vectors of the same photos.
        evidence: Key (`uri`) and `sha256` of the document with every number.
    """

    digest: str
    space: str
    photos: int
    sampled: int
    judged: int
    strata: tuple[int, int]
    refused: Mapping[str, int]
    estimate: Estimate
    quality: Comparison
    evidence: dict[str, str]


def take_sample(
    ws: Workspace,
    digest: str,
    encoder: Encoder,
    *,
    actor: str,
    size: int = SIZE,
    seed: int | None = None,
    progress: ProgressSink = no_progress,
) -> Sample:
    """Embed a stratified sample with a release, ask it the golden queries, and estimate the full backfill.

    Nothing is written into the space of the release. Half as many photos again may join the sample because golden
    queries ask for them; few queries would have anything to find otherwise.

    Raises:
        SampleError: the encoder is another release's, or there are too few photos.
        UnknownReleaseError, RetiredReleaseError: it is not a release to spend anything on.
        EncoderError, StorageError: the encoder or the store fails.
    """
    seed = ws.settings.seed if seed is None else seed
    state = read_state(ws)
    standing(state, digest)
    spec = encoder.spec
    if spec.digest != digest:
        raise SampleError(f"the encoder answers for {spec.digest[:12]}, not for {digest[:12]}")
    choice = choose_photos(ws, size=size, seed=seed)
    if len(choice.ids) < _LEAST:
        raise SampleError(f"{len(choice.ids)} photos, {_LEAST} are needed", fix="Land photos first: `daguerre run`.")
    queries = load_queries(ws)
    judged = _judged(queries, choice, most=size // 2, seed=seed)
    rows = catalogue.photos(ws).lookup([*choice.ids, *judged], _COLUMNS)
    rows = rows.sort_by([("pack", "ascending"), ("proxy_offset", "ascending")])
    batches = max(1, len(list_batches(ws.store)))
    vectors, refused, pace = _embed(ws, encoder, rows, -(-choice.population // batches), progress)
    good = np.array([i for i in range(rows.num_rows) if i not in refused], np.int64)
    if len(good) < _LEAST:
        raise SampleError(f"only {len(good)} of {rows.num_rows} photos got a vector from {spec.space}")
    rows_of_good = rows.take(good)
    priced = estimate(
        pace.steps,
        rehearse_writing(ws, digest, rows_of_good, vectors[good]),
        photos=choice.population,
        batches=batches,
        refused=len(refused),
        dim=spec.dim,
        ann=choice.population >= ws.settings.ann_rows,
        seed=seed,
    )
    production = state.pointers.get(PRODUCTION)
    rival = production.release if production and production.release != digest else ""
    quality = ask_side_by_side(ws, encoder, rival, queries, rows_of_good, vectors[good].astype(np.float32), seed=seed)
    reasons = dict(Counter(refused.values()))
    strata = (len(choice.strata), sum(1 for _, taken in choice.strata.values() if taken))
    evidence = keep_evidence(
        ws,
        {
            "kind": STAGE,
            "release": digest,
            "space": spec.space,
            "against": rival,
            "seed": seed,
            "photos": choice.population,
            "sampled": len(choice.ids),
            "judged": len(judged),
            "strata": [[owner, year, *counts] for (owner, year), counts in choice.strata.items()],
            "refused": reasons,
            "estimate": priced.to_row(),
            "excludes": list(EXCLUDES),
            "server_counted": pace.counts_server,
            "steps": [[s.photos, s.wall_s, s.cpu_s] for s in pace.steps],
            "quality": quality.to_row(),
            "at": ws.clock().isoformat(),
        },
    )
    record(
        ws,
        EventKind.SAMPLED,
        digest,
        actor=actor,
        reason=_sentence(priced, len(choice.ids)),
        allow=lambda state: bool(standing(state, digest)),
        evidence={**evidence, "against": rival, "hours": priced.hours.to_row(), "photos": choice.population},
    )
    return Sample(
        digest=digest,
        space=spec.space,
        photos=choice.population,
        sampled=len(choice.ids),
        judged=len(judged),
        strata=strata,
        refused=reasons,
        estimate=priced,
        quality=quality,
        evidence=evidence,
    )


def _judged(queries: Sequence[GoldenQuery], choice: Choice, *, most: int, seed: int) -> list[str]:
    """Return photos that queries ask for and that were not chosen; which ones is drawn, by query."""
    chosen, taken = set(choice.ids), dict[str, None]()
    for i in np.random.default_rng(seed).permutation(len(queries)):
        wanted = sorted(queries[i].relevant)[:2] + ([queries[i].photo_id] if queries[i].photo_id else [])
        for photo in wanted:
            if photo not in chosen and len(taken) < most:
                taken[photo] = None
    return list(taken)


def _embed(
    ws: Workspace, encoder: Encoder, rows: pa.Table, run: int, progress: ProgressSink
) -> tuple[npt.NDArray[np.float16], dict[int, str], Pace]:
    """Return `(n, dim) float16` vectors, why rows have none, and how fast that went.

    As a backfill does, the feed begins anew after `run` photos, the size of a batch: small batches wait for it often.
    """
    spec = encoder.spec
    feed = Feed(
        store=ws.store,
        encoder=encoder,
        batch=ws.settings.inference_batch,
        in_flight=ws.settings.inference_in_flight,
    )
    places = list(zip(*(rows[name].to_pylist() for name in _PLACE), strict=True))
    vectors = np.zeros((len(places), spec.dim), np.float16)
    refused: dict[int, str] = {}
    # The first answers load caches and start threads, which a backfill does once.
    encoder.embed_images(np.zeros((1, spec.side_px, spec.side_px, 3), np.uint8))
    pace = Pace(ws)
    for first in range(0, len(places), run):
        for answer in feed.embed(places[first : first + run]):
            start, stop = first + answer.start, first + answer.start + len(answer.vectors)
            vectors[start:stop] = answer.vectors
            refused |= {start + i: refusal.reason for i, refusal in answer.refused.items()}
            pace.note(stop - start)
            done, bad = stop - len(refused), len(refused)
            progress(Progress(stage=STAGE, batch="", space=spec.space, done=done, total=len(places), rejected=bad))
    return vectors, refused, pace


def _sentence(priced: Estimate, sampled: int) -> str:
    hours = priced.hours
    return (
        f"{sampled} photos embedded; all {priced.photos} take about {hours.value:.2g} h "
        f"({hours.low:.2g} to {hours.high:.2g})"
    )
