"""Windows made by code."""

from __future__ import annotations

import numpy as np

from daguerre.quality.window import Window


def window(n: int = 2000, *, seed: int = 0, **changes: object) -> Window:
    """A window of ordinary photos; `changes` replace whole attributes."""
    rng = np.random.default_rng(seed)
    facts: dict[str, object] = {
        "rows": n,
        "numbers": {"sharpness": rng.normal(6, 1, n), "exposure": rng.normal(0.5, 0.1, n)},
        "categories": {"format": list(rng.choice(["jpeg", "heic"], n, p=[0.8, 0.2]))},
        "flags": {"note null_island": rng.random(n) < 0.005},
        "vectors": rng.normal(size=(200, 8)).astype(np.float32),
    }
    return Window(**(facts | changes))  # type: ignore[arg-type]
