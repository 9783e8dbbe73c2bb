"""Which photos are frames of one moment, and how a moving camera's frames are parted."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Bools, Ints, PhotoColumns
from daguerre.curation.duplicate_rules import RULES, DuplicateRules
from daguerre.curation.exclusions import screenshots
from daguerre.curation.groups import Edges, edges, join, several
from daguerre.curation.pairs import look_distance, moment_pairs


def burst_pairs(columns: PhotoColumns, frame: Bools, rules: DuplicateRules = RULES) -> Edges:
    """Return pairs of frames of one moment: what the camera calls a burst, or seconds apart and alike.

    Args:
        columns: In order.
        frame: `(n,) bool`: the rows to consider; of the versions of one picture, the best.
        rules: Thresholds.
    """
    camera = np.where((columns.media == "photo") & columns.trusted & ~screenshots(columns), columns.camera, "")
    a, b = moment_pairs(columns.taken_s, camera, within_s=rules.burst_s)
    look = look_distance(columns.descriptor, a, b)
    alike = (look <= rules.burst_look) & frame[a] & frame[b]
    said_a, said_b = _said_by_camera(columns)
    said = frame[said_a] & frame[said_b]
    said_look = np.minimum(look_distance(columns.descriptor, said_a, said_b), rules.burst_look)
    return join([edges(a[alike], b[alike], look[alike]), edges(said_a[said], said_b[said], said_look[said])])


def _said_by_camera(columns: PhotoColumns) -> tuple[Ints, Ints]:
    """Return the pairs of each burst that a camera marked: each frame with the next 64."""
    _, label = np.unique(columns.burst_id.astype(str), return_inverse=True)
    members = [rows for rows in several(label) if columns.burst_id[rows[0]] != ""]
    pairs = [(row, later) for rows in members for i, row in enumerate(rows) for later in rows[i + 1 : i + 65]]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
