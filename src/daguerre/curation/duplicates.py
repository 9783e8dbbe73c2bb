"""Duplicates as three answers, because they ask for three actions.

exact: the same pixels, or the same file again: nothing is lost when one goes. near: the same picture, edited, cropped,
resized or re-encoded: keep the original. burst: other pictures of the same moment: choose the best. What is merely
similar is no duplicate and is never acted on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from daguerre.curation.best_shot import best_copy, best_frame
from daguerre.curation.bursts import burst_pairs
from daguerre.curation.columns import Ints, PhotoColumns, Words
from daguerre.curation.comparisons import Comparisons
from daguerre.curation.copies import near_pairs
from daguerre.curation.duplicate_rules import RULES, DuplicateRules
from daguerre.curation.equals import Group, Kind
from daguerre.curation.groups import Cluster, labels, medoid_prune, several, sweep
from daguerre.curation.pairs import HASH_BITS, hash_distance
from daguerre.curation.verdicts import Decided, Verdict


def find_duplicates(
    columns: PhotoColumns, rules: DuplicateRules = RULES, verdicts: Sequence[Verdict] = ()
) -> list[Group]:
    """Return the groups of an owner's library; a photo is in at most one group of each kind.

    Args:
        columns: In order (`PhotoColumns.in_order`).
        rules: Thresholds.
        verdicts: What people decided.
    """
    return find_again(columns, None, rules, verdicts)[0]


def find_again(
    columns: PhotoColumns,
    before: Comparisons | None,
    rules: DuplicateRules = RULES,
    verdicts: Sequence[Verdict] = (),
) -> tuple[list[Group], Comparisons]:
    """Return the groups as `find_duplicates` does, comparing only what is new, and what to remember for the next time.

    Args:
        columns: In order (`PhotoColumns.in_order`).
        before: What was remembered the last time.
        rules: Thresholds.
        verdicts: What people decided.
    """
    n, decided = len(columns), Decided.of(verdicts, columns)
    equals = _clusters_of_equals(columns)
    copies, compared = near_pairs(columns, labels(n, equals) == np.arange(n), rules, before)
    kept = [
        *_groups("exact", equals, columns, decided),
        *_groups("near", medoid_prune(n, copies), columns, decided),
    ]
    frame = np.ones(n, bool)
    frame[[row for group in kept for row in group.rows if row != group.best]] = False
    bursts = _groups("burst", sweep(n, burst_pairs(columns, frame, rules)), columns, decided)
    again = [_uploads(row, int(columns.uploads[row])) for row in _uploaded_again(columns, kept)]
    return [*kept, *again, *bursts], compared


def similar(
    columns: PhotoColumns, row: int, groups: Sequence[Group], *, most: int = 12, rules: DuplicateRules = RULES
) -> list[tuple[int, float]]:
    """Return the rows that merely look like this one, closest first, with their cosine distance: to look at, no more.

    Its duplicates, and what was taken in the same burst, are left out.
    """
    if not columns.descriptor[row].any():
        return []
    distance = 1 - columns.descriptor @ columns.descriptor[row]
    distance[[row, *(mate for group in groups if row in group.rows for mate in group.rows)]] = np.inf
    closest = np.argsort(distance, kind="stable")[:most]
    return [
        (int(other), max(0.0, float(distance[other]))) for other in closest if distance[other] <= rules.similar_look
    ]


def _clusters_of_equals(columns: PhotoColumns) -> list[Cluster]:
    """Return the photos with equal pixels, the first of each as its medoid."""
    return [
        Cluster(medoid=int(rows[0]), rows=tuple(rows.tolist()), distances=(0.0,) * len(rows))
        for rows in several(_numbers(columns.pixel_sha256))
        if columns.pixel_sha256[rows[0]] != ""
    ]


def _numbers(words: Words) -> Ints:
    """Return a number for each word, equal for equal ones, in the order in which they come."""
    return pa.array(words, pa.string()).dictionary_encode().indices.to_numpy().astype(np.int64)


def _uploaded_again(columns: PhotoColumns, kept: list[Group]) -> list[int]:
    grouped = {row for group in kept if group.kind == "exact" for row in group.rows}
    return [row for row in np.flatnonzero(columns.uploads > 1).tolist() if row not in grouped]


def _uploads(row: int, times: int) -> Group:
    reason = f"the same file was uploaded {times} times and is kept once"
    return Group(kind="exact", medoid=row, best=row, rows=(row,), distances=(0.0,), reasons=(reason,))


def _groups(kind: Kind, clusters: list[Cluster], columns: PhotoColumns, decided: Decided) -> list[Group]:
    return [_group(kind, cluster, columns, decided) for cluster in decided.part(clusters, columns)]


def _group(kind: Kind, cluster: Cluster, columns: PhotoColumns, decided: Decided) -> Group:
    # of the members alone: what is computed of a whole library for each group costs their product
    members = columns.take(np.array(cluster.rows))
    every = np.arange(len(members))
    choice = best_frame(members, every) if kind == "burst" else best_copy(members, every)
    best, reason = cluster.rows[choice.row], choice.reason
    said = decided.choice(cluster.rows)
    if said is not None:
        best, reason = said, f"you chose it, of {len(members)}"
    kept = decided.kept(cluster.rows, best)
    reasons = dict(zip(cluster.rows, _relations(kind, members, cluster.rows.index(best)), strict=True))
    reasons |= {row: f"you keep it as well: {reasons[row]}" for row in kept}
    reasons[best] = reason
    return Group(
        kind=kind,
        medoid=cluster.medoid,
        best=best,
        rows=cluster.rows,
        distances=cluster.distances,
        reasons=tuple(reasons[row] for row in cluster.rows),
        also_kept=kept,
    )


def _relations(kind: Kind, members: PhotoColumns, best: int) -> list[str]:
    """Return what each member is to the best one."""
    if kind == "exact":
        return ["the same pixels in another file"] * len(members)
    if kind == "burst":
        apart = np.abs(members.taken_s - members.taken_s[best])
        return [f"taken {seconds:.1f} s from the chosen one" for seconds in apart]
    every = np.arange(len(members))
    bits, pixels = hash_distance(members.pdq, every, np.full(len(every), best)), members.pixels
    return [
        f"{'a smaller copy' if pixels[row] < pixels[best] else 'another version of the same picture'}:"
        f" {bits[row]} of {HASH_BITS} bits of the hash differ"
        for row in every
    ]
