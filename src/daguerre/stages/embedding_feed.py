"""From proxies to vectors: reading and decoding in some threads, requests under way in others."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from daguerre.encoders.golden import unit_rows
from daguerre.encoders.preprocess import PictureError, jpeg_to_input
from daguerre.encoders.spec import Encoder, EncoderError
from daguerre.media.packs import read_pictures
from daguerre.serving.calls import InputRefusedError
from daguerre.storage.ports import Store

#: Threads that decode. Decoding and inference share the cores; more threads only take turns.
_DECODERS = 2

#: Where one proxy lies: pack, offset, length.
Place = tuple[str, int, int]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why one photo has no vector."""

    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The answer to one group of photos.

    Attributes:
        start: Number of the first photo of the group.
        vectors: `(n, dim) float16`, unit rows; rows of refused photos mean nothing.
        refused: Refusals by number within the group.
        seconds: Time spent per step, waiting for a turn left out.
    """

    start: int
    vectors: npt.NDArray[np.float16]
    refused: Mapping[int, Refusal]
    seconds: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Keeps an encoder busy.

    Attributes:
        batch: Photos of one request.
        in_flight: Requests under way.
    """

    store: Store
    encoder: Encoder
    batch: int
    in_flight: int
    _decoding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_DECODERS))

    def embed(self, places: Sequence[Place]) -> Iterator[Embedded]:
        """Yield the groups in order; memory holds a few groups at a time, however many photos there are.

        Raises:
            EncoderError: the encoder fails, or refuses whole groups, which is not the photos' fault.
            StorageError: a pack cannot be read.
        """
        sending = threading.Semaphore(self.in_flight)
        workers = _DECODERS + self.in_flight
        under_way: deque[Future[Embedded]] = deque()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        try:
            for start in range(0, len(places), self.batch):
                group = places[start : start + self.batch]
                under_way.append(pool.submit(self._group, start, group, sending))
                if len(under_way) > workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _group(self, start: int, places: Sequence[Place], sending: threading.Semaphore) -> Embedded:
        with self._decoding:
            began = time.monotonic()
            proxies = read_pictures(self.store, places)
            read = time.monotonic()
            images, refused = self._decode(proxies)
            decoded = time.monotonic()
        with sending:
            asked = time.monotonic()
            vectors = np.zeros((len(places), self.encoder.spec.dim), np.float16)
            good = [i for i in range(len(places)) if i not in refused]
            if good:
                answers, refusals = _ask(self.encoder, images[good] if refused else images)
                vectors[good] = answers
                refused |= {good[i]: refusal for i, refusal in refusals.items()}
                if len(refusals) == len(good) > 1:
                    raise EncoderError(
                        f"{self.encoder.spec.space} refuses all {len(good)} photos of a group: {refusals[0].detail}"
                    )
            answered = time.monotonic()
        return Embedded(
            start=start,
            vectors=vectors,
            refused=refused,
            seconds={"read_s": read - began, "decode_s": decoded - read, "inference_s": answered - asked},
        )

    def _decode(self, proxies: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], dict[int, Refusal]]:
        side = self.encoder.spec.side_px
        images = np.zeros((len(proxies), side, side, 3), np.uint8)
        refused = {}
        for i, proxy in enumerate(proxies):
            try:
                images[i] = jpeg_to_input(proxy, self.encoder.spec)
            except PictureError as e:
                refused[i] = Refusal(reason="corrupt", detail=str(e))
        return images, refused


def _ask(encoder: Encoder, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float16], dict[int, Refusal]]:
    """Ask for vectors; a refused request is halved until the picture that it means stands alone."""
    try:
        vectors = encoder.embed_images(images).astype(np.float16)
    except InputRefusedError as e:
        if len(images) == 1:
            return np.zeros((1, encoder.spec.dim), np.float16), {0: Refusal(reason="refused", detail=str(e))}
        half = len(images) // 2
        left, first = _ask(encoder, images[:half])
        right, second = _ask(encoder, images[half:])
        return np.concatenate([left, right]), first | {half + i: refusal for i, refusal in second.items()}
    if vectors.shape != (len(images), encoder.spec.dim):
        raise EncoderError(f"{encoder.spec.space} answered {vectors.shape} for {len(images)} pictures")
    bad = np.flatnonzero(~unit_rows(vectors))
    return vectors, {int(i): Refusal(reason="no_unit_vector", detail="the answer is not a unit vector") for i in bad}
