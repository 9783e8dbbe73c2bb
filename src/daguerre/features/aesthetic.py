"""How pleasing a photo is, as far as its technique goes.

This is a formula over the six technical signals. Nothing was learned from people's votes, so it knows nothing of
composition, expression or meaning: it tells a well exposed, sharp, colourful photo from a murky one, no more.
"""

from __future__ import annotations

import math

from daguerre.features.quality_signals import Quality

AESTHETIC_MODEL = "technique-1"

#: Share of each term. Sharpness first, since blur is the fault that people delete photos for.
WEIGHTS = {"sharpness": 0.30, "exposure": 0.20, "contrast": 0.15, "colorfulness": 0.20, "noise": 0.10, "size": 0.05}


def aesthetic(quality: Quality) -> float:
    """Return 0 (hopeless) to 1 (flawless): the weighted sum of `terms`."""
    return sum(WEIGHTS[name] * term for name, term in terms(quality).items())


def terms(quality: Quality) -> dict[str, float]:
    """Return each term in 0..1; 1 is what a good photo in daylight reaches.

    sharpness: linear from 3 (smeared) to 8 (crisp); exposure: a parabola that is 1 at middle grey and 0 at black and
    white; contrast: linear to 0.25; colorfulness: linear to 60 ("quite colourful" in Hasler and Suesstrunk's scale);
    noise: from none to 12 grey levels; size: logarithmic to 8 megapixels.
    """
    return {
        "sharpness": _clip((quality.sharpness - 3) / 5),
        "exposure": _clip(1 - (2 * quality.exposure - 1) ** 2),
        "contrast": _clip(quality.contrast / 0.25),
        "colorfulness": _clip(quality.colorfulness / 60),
        "noise": _clip(1 - quality.noise / 12),
        "size": _clip(math.log1p(quality.megapixels) / math.log1p(8)),
    }


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
