"""Which photos show one picture: edited, cropped, resized or re-encoded."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.comparisons import Comparisons, compare
from daguerre.curation.duplicate_rules import RULES, DuplicateRules
from daguerre.curation.exclusions import DOCUMENT, documents
from daguerre.curation.groups import Edges, edges
from daguerre.curation.pairs import HASH_BITS, hash_distance, look_distance, moment_pairs


def near_pairs(
    columns: PhotoColumns,
    first: Bools,
    rules: DuplicateRules = RULES,
    before: Comparisons | None = None,
) -> tuple[Edges, Comparisons]:
    """Return pairs that show one picture, and what to remember so that only what is new is compared the next time.

    Args:
        columns: In order.
        first: `(n,) bool`: the one of each exact group that stands for it.
        rules: Thresholds.
        before: What was remembered the last time.
    """
    rows = np.flatnonzero(first & (columns.pdq_quality >= rules.hash_quality) & columns.descriptor.any(1))
    compared = compare(columns.photo_id[rows], columns.pdq[rows], columns.descriptor[rows], before, rules)
    camera = np.where(columns.trusted, columns.camera, "")[rows]
    instant = moment_pairs(columns.taken_s[rows], camera, within_s=0)
    a = np.concatenate([rows[compared.a], rows[instant[0]]])
    b = np.concatenate([rows[compared.b], rows[instant[1]]])
    look = look_distance(columns.descriptor, a, b)
    same = _same_picture(columns, a, b, look, rules) & ~_two_exposures(columns, a, b, rules)
    same &= _closest_of_moment(columns, a, b, np.where(same, look, np.inf), rules)
    return edges(a[same], b[same], look[same]), compared


def _same_picture(columns: PhotoColumns, a: Ints, b: Ints, look: Floats, rules: DuplicateRules) -> Bools:
    bits = hash_distance(columns.pdq, a, b)
    page = documents(columns)
    pages = page[a] | page[b]
    clear = np.minimum(columns.pdq_quality[a], columns.pdq_quality[b]) >= rules.hash_quality
    copy = clear & ((bits <= rules.sure_bits) | ((bits <= rules.bits) & (look <= rules.look)))
    crop = (look <= rules.crop_look) & (bits <= rules.crop_bits) & (columns.document[a] <= DOCUMENT)
    return np.where(
        pages,
        clear & (bits <= rules.document_bits) & (look <= rules.document_look),
        copy | (crop & (columns.document[b] <= DOCUMENT)) | ((look <= rules.edit_look) & _one_exposure(columns, a, b)),
    )


def _one_exposure(columns: PhotoColumns, a: Ints, b: Ints) -> Bools:
    """Return which pairs are two files of one exposure: one camera, one instant, but another size or program.

    Frames of a burst within one second have the size and the program of the camera.
    """
    return _one_camera(columns, a, b) & (columns.taken_s[a] == columns.taken_s[b]) & ~_one_make(columns, a, b)


def _two_exposures(columns: PhotoColumns, a: Ints, b: Ints, rules: DuplicateRules) -> Bools:
    """Return which pairs one camera took one after the other: alike on a tripod, and yet two pictures."""
    apart = np.abs(columns.taken_s[a] - columns.taken_s[b])
    burst = (columns.burst_id[a] == columns.burst_id[b]) & (columns.burst_id[a] != "") & _one_make(columns, a, b)
    return burst | (_one_camera(columns, a, b) & (apart > 0) & (apart <= rules.frames_s))


def _closest_of_moment(columns: PhotoColumns, a: Ints, b: Ints, look: Floats, rules: DuplicateRules) -> Bools:
    """Return which pairs join a row with the closest of the frames that one camera took in one go.

    A copy without a time matches every frame of a tripod's burst, and was made from one.
    """
    go = _goes(columns, rules.frames_s)
    nearness = look + hash_distance(columns.pdq, a, b) / HASH_BITS
    keep = np.ones(len(a), bool)
    for row, other in ((a, b), (b, a)):
        order = np.lexsort((other, nearness, go[other], row))
        first = np.ones(len(order), bool)
        first[1:] = (row[order][1:] != row[order][:-1]) | (go[other][order][1:] != go[other][order][:-1])
        best = np.zeros(len(order), bool)
        best[order[first]] = True
        # every candidate pair may stand in the list more than once: by hash, by look, by time
        keep &= best | (go[row] == go[other])
    return keep


def _goes(columns: PhotoColumns, pause_s: float) -> Ints:
    """Return the number of each row's go: what one camera took without a longer pause; the rest is alone."""
    rows = np.flatnonzero(columns.trusted & (columns.camera != "") & ~np.isnan(columns.taken_s))
    camera = np.unique(columns.camera[rows].astype(str), return_inverse=True)[1]
    order = np.lexsort((rows, columns.taken_s[rows], camera))
    rows, camera = rows[order], camera[order]
    go = np.arange(len(columns))
    if len(rows):
        starts = np.ones(len(rows), bool)
        starts[1:] = (camera[1:] != camera[:-1]) | (np.diff(columns.taken_s[rows]) > pause_s)
        go[rows] = len(columns) + np.cumsum(starts)
    return go


def _one_camera(columns: PhotoColumns, a: Ints, b: Ints) -> Bools:
    known = columns.trusted[a] & columns.trusted[b] & (columns.camera[a] != "")
    return known & (columns.camera[a] == columns.camera[b])


def _one_make(columns: PhotoColumns, a: Ints, b: Ints) -> Bools:
    """Return which pairs have one size and come from one program."""
    one_size = (columns.width[a] == columns.width[b]) & (columns.height[a] == columns.height[b])
    return one_size & (columns.software[a] == columns.software[b])
