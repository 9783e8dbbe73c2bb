"""Duplicates as three answers, because they ask for three actions.

exact: the same pixels, or the same file again: nothing is lost when one goes. near: the same picture, edited, cropped,
resized or re-encoded: keep the original. burst: other pictures of the same moment: choose the best. What is merely
similar is no duplicate and is never acted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from daguerre.curation.best_shot import Choice, best_copy, best_frame
from daguerre.curation.columns import Bools, Floats, Ints, PhotoColumns
from daguerre.curation.exclusions import DOCUMENT, documents, screenshots
from daguerre.curation.groups import Cluster, Edges, edges, join, labels, medoid_prune, runs
from daguerre.curation.pairs import HASH_BITS, hash_distance, hash_pairs, look_distance, look_pairs, moment_pairs

Kind = Literal["exact", "near", "burst"]


@dataclass(frozen=True, kw_only=True)
class DuplicateRules:
    """When two photos are what to each other. Looks are cosine distances of descriptors, hashes differ in bits of 256.

    Measured on 4,000 generated scenes (6 million pairs of different photos, 92,000 of different documents) and 300
    scenes edited in 12 ways: a re-encoded or resized copy stays within 28 bits and .006; a filter within 10 bits, but
    up to .5; a crop of 6 % is 76 bits and .004 away, so no hash finds it. Of different photos 5e-7 of all pairs are
    within 31 bits, none within 15; of different documents 2e-3 look alike within .006.

    Attributes:
        hash_quality: Hashes of less than this say little: flat skies collapse to one hash.
        sure_bits: Hashes this close show one picture, whatever a filter did to its colours.
        bits, look: Hashes this close show one picture (the start that PDQ's authors recommend) if the looks agree.
        crop_look, crop_bits: Looks this close show one picture, cropped a little, unless the hashes object.
        edit_look: Looks that two files of one exposure may have apart: the same camera and the same instant.
        document_bits, document_look: Pages of one form differ in their text alone; only copies come closer than this.
        frames_s: What one camera took at two times so close is two pictures, never a copy.
        burst_s, burst_look: Frames of one camera this close in time and looks are one burst.
    """

    hash_quality: int = 50
    sure_bits: int = 15
    bits: int = 31
    look: float = 0.03
    crop_look: float = 0.006
    crop_bits: int = 80
    edit_look: float = 0.25
    document_bits: int = 10
    document_look: float = 0.02
    frames_s: float = 60.0
    burst_s: float = 10.0
    burst_look: float = 0.06


RULES = DuplicateRules()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Photos that are duplicates of one kind; row numbers into the columns in order.

    Attributes:
        medoid: The row that all others match.
        best: The row to keep or to show.
        rows: All members, ascending.
        distances: To the medoid, in the measure of the kind: cosine of looks; 0 for exact.
        reasons: One for each row: why it is kept, or what it is to the kept one.
    """

    kind: Kind
    medoid: int
    best: int
    rows: tuple[int, ...]
    distances: tuple[float, ...]
    reasons: tuple[str, ...]


def find_duplicates(columns: PhotoColumns, rules: DuplicateRules = RULES) -> list[Group]:
    """Return the groups of an owner's library; a photo is in at most one group of each kind.

    Args:
        columns: In order (`PhotoColumns.in_order`).
        rules: Thresholds.
    """
    n = len(columns)
    exact = _clusters_of_equals(columns)
    copies = near_pairs(columns, labels(n, exact) == np.arange(n), rules)
    kept = [
        *(_group("exact", c, best_copy(columns, np.array(c.rows)), columns) for c in exact),
        *(_group("near", c, best_copy(columns, np.array(c.rows)), columns) for c in medoid_prune(n, copies)),
    ]
    frame = np.ones(n, bool)
    frame[[row for group in kept for row in group.rows if row != group.best]] = False
    frames = medoid_prune(n, burst_pairs(columns, frame, rules))
    return [
        *kept,
        *(_uploads(row, int(columns.uploads[row])) for row in _uploaded_again(columns, exact)),
        *(_group("burst", c, best_frame(columns, np.array(c.rows)), columns) for c in frames),
    ]


def near_pairs(columns: PhotoColumns, first: Bools, rules: DuplicateRules = RULES) -> Edges:
    """Return pairs that show one picture.

    Args:
        columns: In order.
        first: `(n,) bool`: the one of each exact group that stands for it.
        rules: Thresholds.
    """
    rows = np.flatnonzero(first & (columns.pdq_quality >= rules.hash_quality) & columns.descriptor.any(1))
    photos = rows[columns.document[rows] <= DOCUMENT]
    by_hash = hash_pairs(columns.pdq[rows], rules.bits)
    by_look = look_pairs(columns.descriptor[photos], rules.crop_look)
    instant = moment_pairs(columns.taken_s[rows], np.where(columns.trusted, columns.camera, "")[rows], within_s=0)
    a = np.concatenate([rows[by_hash.a], photos[by_look.a], rows[instant[0]]])
    b = np.concatenate([rows[by_hash.b], photos[by_look.b], rows[instant[1]]])
    look = look_distance(columns.descriptor, a, b)
    same = _same_picture(columns, a, b, look, rules) & ~_two_exposures(columns, a, b, rules)
    same &= _closest_of_moment(columns, a, b, np.where(same, look, np.inf), rules)
    return edges(a[same], b[same], look[same])


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


def _clusters_of_equals(columns: PhotoColumns) -> list[Cluster]:
    """Return the photos with equal pixels, the first of each as its medoid."""
    _, label = np.unique(columns.pixel_sha256.astype(str), return_inverse=True)
    return [
        Cluster(medoid=int(rows[0]), rows=tuple(rows.tolist()), distances=(0.0,) * len(rows))
        for rows in runs(label)
        if len(rows) > 1 and columns.pixel_sha256[rows[0]] != ""
    ]


def _uploaded_again(columns: PhotoColumns, exact: list[Cluster]) -> list[int]:
    grouped = {row for cluster in exact for row in cluster.rows}
    return [row for row in np.flatnonzero(columns.uploads > 1).tolist() if row not in grouped]


def _uploads(row: int, times: int) -> Group:
    reason = f"the same file was uploaded {times} times and is kept once"
    return Group(kind="exact", medoid=row, best=row, rows=(row,), distances=(0.0,), reasons=(reason,))


def _said_by_camera(columns: PhotoColumns) -> tuple[Ints, Ints]:
    """Return the pairs of each burst that a camera marked: each frame with the next 64."""
    _, label = np.unique(columns.burst_id.astype(str), return_inverse=True)
    members = [rows for rows in runs(label) if len(rows) > 1 and columns.burst_id[rows[0]] != ""]
    pairs = [(row, later) for rows in members for i, row in enumerate(rows) for later in rows[i + 1 : i + 65]]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _group(kind: Kind, cluster: Cluster, choice: Choice, columns: PhotoColumns) -> Group:
    return Group(
        kind=kind,
        medoid=cluster.medoid,
        best=choice.row,
        rows=cluster.rows,
        distances=cluster.distances,
        reasons=tuple(
            choice.reason if row == choice.row else _relation(kind, row, choice.row, columns) for row in cluster.rows
        ),
    )


def _relation(kind: Kind, row: int, best: int, columns: PhotoColumns) -> str:
    if kind == "exact":
        return "the same pixels in another file"
    if kind == "burst":
        return f"taken {abs(columns.taken_s[row] - columns.taken_s[best]):.1f} s from the chosen one"
    bits = int(hash_distance(columns.pdq, np.array([row]), np.array([best]))[0])
    what = "a smaller copy" if columns.pixels[row] < columns.pixels[best] else "another version of the same picture"
    return f"{what}: {bits} of {HASH_BITS} bits of the hash differ"
