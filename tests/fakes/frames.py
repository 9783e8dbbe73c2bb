"""Bursts of painted scenes: frames of known true quality, and what the real extractor measures on their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import PhotoColumns
from daguerre.features.aesthetic import aesthetic
from daguerre.features.faces import Faces, find_faces
from daguerre.features.quality_signals import measure, to_luma
from daguerre.library.scenes.degrade import Camera, degrade
from daguerre.library.scenes.rendering import render
from daguerre.library.scenes.scene import sample_scene
from daguerre.library.truth import Quality
from tests.fakes.lives import columns

#: Frames are 384 x 288; scenes are painted a little larger, so that a hand may move between two frames.
_FRAME, _MARGIN = (384, 288), 12
#: How surely an owner prefers the better one of two frames: log-odds per point of true quality.
_SURENESS = 8.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Shooting:
    """One burst: its columns as they would be read, and the true quality of each frame, 0..1."""

    columns: PhotoColumns
    quality: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        return np.arange(len(self.quality))


def shooting(seed: int, *, frames: int = 0, engaged: bool = False) -> Shooting:
    """Paint a scene once and photograph it 2 to 6 times, each time with other focus, grain and exposure.

    The truth is made of what the camera did. What is measured never sees it: only pixels after a JPEG round trip.
    When `engaged`, the owner has already looked at frames, liked and shared some, as simulated owners do.
    """
    rng = np.random.default_rng((77, seed))
    scene = sample_scene(rng)
    while scene.kind == "doc":
        scene = sample_scene(rng)
    painted = render(rng, scene, (_FRAME[0] + _MARGIN, _FRAME[1] + _MARGIN))
    n = frames or int(rng.integers(2, 7))
    taken = [
        Quality(blur=float(rng.uniform(0, 6)), noise=float(rng.uniform(0.5, 12)), exposure=float(rng.normal(0, 0.45)))
        for _ in range(n)
    ]
    measured = [_measured(rng, painted, quality, faces=scene.kind == "portrait") for quality in taken]
    named = {name: np.array([row[name] for row in measured]) for name in measured[0]}
    truth = np.array([quality.score for quality in taken])
    return Shooting(columns=columns(n, **named, **(_engagement(rng, truth) if engaged else {})), quality=truth)


def _engagement(rng: np.random.Generator, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a simulated owner does with frames that they like as much as these are good."""
    liking = rng.uniform(0.35, 1.0) * truth
    views = rng.poisson(0.2 + 5.0 * liking**2)
    return {
        "views": views.astype(float),
        "favorites": ((views > 0) & (rng.random(len(truth)) < 0.5 * liking**2)).astype(float),
        "shares": ((views > 0) & (rng.random(len(truth)) < 0.3 * liking**2)).astype(float),
    }


def choices(seed: int, burst: Shooting) -> list[tuple[int, int]]:
    """Return what an owner prefers to what, for every pair of frames; close ones are sometimes confused."""
    rng = np.random.default_rng((78, seed))
    pairs = []
    for a in range(len(burst.quality)):
        for b in range(a):
            sure = 1 / (1 + np.exp(-_SURENESS * (burst.quality[a] - burst.quality[b])))
            pairs.append((a, b) if rng.random() < sure else (b, a))
    return pairs


def _measured(rng: np.random.Generator, painted: np.ndarray, quality: Quality, *, faces: bool) -> dict[str, float]:
    x, y = rng.integers(0, _MARGIN + 1, 2)
    frame = painted[y : y + _FRAME[1], x : x + _FRAME[0]]
    camera = Camera(blur=quality.blur, noise=quality.noise, exposure=quality.exposure, jpeg_quality=85)
    picture = degrade(rng, np.ascontiguousarray(frame), camera)
    signals = measure(picture, width=4000, height=3000)
    found = find_faces(to_luma(picture)) if faces else Faces(count=0, largest_area=0.0, quality=None)
    return {
        "sharpness": signals.sharpness,
        "exposure": signals.exposure,
        "contrast": signals.contrast,
        "noise": signals.noise,
        "aesthetic": aesthetic(signals),
        "faces": float(found.count),
        "face_area": found.largest_area,
        "face_quality": np.nan if found.quality is None else found.quality,
    }
