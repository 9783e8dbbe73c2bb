"""What tells the frames of one moment apart: pixels, faces, and what people did with each of them."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Floats, Ints, PhotoColumns

_DARKEST = 1e-3


def frame_features(columns: PhotoColumns, rows: Ints) -> dict[str, Floats]:
    """Return features of the frames of one moment, each `(k,) float64`, larger is mostly better; NaN where unknown.

    `light` and `contrast` do not mean that brighter is better: the same focus gives more Laplacian in more light, and
    their weights take that off again. `typical` is minus the distance, in stops, from the exposure of the middle
    frame: of the frames of one scene the exposures err to both sides. Of noise there are two, its logarithm and itself:
    people mind it, but not in proportion.
    """
    stops = np.log2(np.maximum(columns.exposure[rows], _DARKEST))
    middle = np.nanmedian(stops) if not np.isnan(stops).all() else np.nan
    return {
        "sharpness": columns.sharpness[rows],
        "light": stops,
        "contrast": np.log(np.maximum(columns.contrast[rows], _DARKEST)),
        "typical": -np.abs(stops - middle),
        "calm": -np.log1p(columns.noise[rows]),
        "grain": -columns.noise[rows],
        "aesthetic": columns.aesthetic[rows],
        "faces": columns.faces[rows],
        "face_quality": columns.face_quality[rows],
        "views": np.log1p(columns.views[rows]),
        "favorites": np.minimum(columns.favorites[rows], 1.0),
        "shares": np.minimum(columns.shares[rows], 1.0),
    }
