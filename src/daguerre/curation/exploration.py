"""Browsing without a question: a library as a few balanced themes, each cut into smaller ones, named by concepts.

Spherical k-means (Dhillon and Modha, 2001) on vectors of one space, begun at the themes of the run before, so that a
theme stays itself while the library grows; what is new gets a name of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from daguerre.curation.columns import Floats, Ints, Vectors, Words

#: K-means from chance beginnings, of which the best is kept: one alone merges themes now and then.
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class ExplorationRules:
    """How a library is cut.

    Attributes:
        top: Most themes of the first level.
        fewest: Themes have about so many photos at least; a smaller library is one theme.
        part: About so many photos in one theme of the second level.
        slack: No theme is larger than this many times the usual one of its level.
        same: Share of photos (intersection over union) from which on a theme is one of the run before.
        seed: Of k-means.
    """

    top: int = 12
    fewest: int = 25
    part: int = 60
    slack: float = 1.6
    same: float = 0.3
    seed: int = 7


RULES = ExplorationRules()


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One theme: photos that look alike.

    Attributes:
        key: Its identity, kept between runs.
        parent: Key of the theme it is a part of; empty on the first level.
        label: Concepts that tell it from the others.
        photo_ids: Most typical first; the first one stands for it.
    """

    key: str
    parent: str
    label: str
    photo_ids: tuple[str, ...]


def explore(
    photo_ids: Words,
    vectors: Vectors,
    concept: Words,
    before: Sequence[Theme] = (),
    rules: ExplorationRules = RULES,
) -> list[Theme]:
    """Return the themes of both levels, larger ones first, parts after the theme they belong to.

    Args:
        photo_ids: `(n,)` in any order.
        vectors: `(n, d)` unit rows.
        concept: `(n,)` best concept of each photo; empty where nobody knows.
        before: What the run before returned.
        rules: How to cut.
    """
    order = np.argsort(photo_ids.astype(str), kind="stable")
    ids, looks, words = photo_ids[order], np.ascontiguousarray(vectors[order], np.float32), concept[order]
    found: list[Theme] = []
    rows, row_of = np.arange(len(ids)), {photo: row for row, photo in enumerate(ids.tolist())}
    k = min(rules.top, max(1, len(ids) // rules.fewest))
    tops = _level(ids, looks, words, rows, k, "", [t for t in before if not t.parent], rules)
    for theme in tops:
        inside = np.sort(np.array([row_of[photo] for photo in theme.photo_ids], np.int64))
        parts = len(inside) // rules.part
        found.append(theme)
        if parts > 1:
            earlier = [t for t in before if t.parent == theme.key]
            found += _level(ids, looks, words, inside, parts, theme.key, earlier, rules)
    return found


def _level(
    ids: Words,
    looks: Vectors,
    words: Words,
    rows: Ints,
    k: int,
    parent: str,
    before: Sequence[Theme],
    rules: ExplorationRules,
) -> list[Theme]:
    """Cut some rows into k themes."""
    if not len(rows):
        return []
    centres = _centres(ids[rows], looks[rows], k, before, rules.seed)
    similar = (looks[rows] @ centres.T).astype(np.float64)
    label = balanced(similar, int(np.ceil(rules.slack * len(rows) / k)))
    groups = [np.flatnonzero(label == one) for one in range(k)]
    groups = sorted((g for g in groups if len(g)), key=lambda g: (-len(g), ids[rows[g[0]]]))
    typical = [g[np.argsort(-similar[g, label[g[0]]], kind="stable")] for g in groups]
    members = [tuple(ids[rows[g]].tolist()) for g in typical]
    keys = _keys(members, parent, before, rules.same)
    earlier = {theme.key: theme.label for theme in before}
    names = _labels([words[rows[g]] for g in typical], [earlier.get(key, "") for key in keys])
    return [
        Theme(key=key, parent=parent, label=name, photo_ids=photos)
        for key, name, photos in zip(keys, names, members, strict=True)
    ]


def _centres(ids: Words, looks: Vectors, k: int, before: Sequence[Theme], seed: int) -> Vectors:
    """Return `(k, d)` unit rows: k-means begun at the middles of the themes of before, as far as there are as many."""
    import faiss

    row_of = {photo: row for row, photo in enumerate(ids.tolist())}
    old = [[row_of[photo] for photo in theme.photo_ids if photo in row_of] for theme in before]
    middles = [looks[rows].mean(0) for rows in old if rows]
    begun = np.array(middles, np.float32) if len(middles) == k else None
    tries = 1 if begun is not None else _TRIES
    means = faiss.Kmeans(looks.shape[1], k, niter=20, nredo=tries, seed=seed, spherical=True, min_points_per_centroid=1)
    means.train(looks, init_centroids=begun)
    return np.asarray(means.centroids, np.float32)


def balanced(similar: Floats, most: int) -> Ints:
    """Return the theme of each row, `(n,) int64`: the most similar one that has room, the surest rows first.

    Args:
        similar: `(n, k)`, higher is nearer.
        most: Rows in one theme; k x most >= n.
    """
    n, k = similar.shape
    if k == 1:
        return np.zeros(n, np.int64)
    ranked = np.argsort(-similar, axis=1, kind="stable")
    sure = np.take_along_axis(similar, ranked[:, :1], 1)[:, 0] - np.take_along_axis(similar, ranked[:, 1:2], 1)[:, 0]
    room, label = np.full(k, most), np.full(n, -1, np.int64)
    for row in np.argsort(-sure, kind="stable").tolist():
        label[row] = next(int(one) for one in ranked[row] if room[one] > 0)
        room[label[row]] -= 1
    return label


def _keys(members: Sequence[tuple[str, ...]], parent: str, before: Sequence[Theme], same: float) -> list[str]:
    """Return the key of the theme of before that each one continues, one to one, or a new one."""
    from scipy.optimize import linear_sum_assignment

    keys = [""] * len(members)
    if before and members:
        now, then = [set(photos) for photos in members], [set(theme.photo_ids) for theme in before]
        shared = np.array([[len(a & b) / len(a | b) for b in then] for a in now])
        for i, j in zip(*linear_sum_assignment(-shared), strict=True):
            keys[i] = before[j].key if shared[i, j] >= same else ""
    for i, photos in enumerate(members):
        about: tuple[str, ...] = ("theme", parent, photos[0])
        while not keys[i] or keys.count(keys[i]) > 1:  # a theme of before may still carry the name of this photo
            keys[i] = hashlib.sha256("\0".join(about).encode()).hexdigest()[:32]
            about = (*about, keys[i])
    return keys


def _labels(words: Sequence[Words], earlier: Sequence[str]) -> list[str]:
    """Return names that tell the themes from each other; a name of before stays while its first word is still true."""
    everywhere = _shares(np.concatenate(words))
    names: list[str] = []
    for some, old in zip(words, earlier, strict=True):
        share = _shares(some)
        # Telling: frequent here, and more so than elsewhere.
        telling = sorted(
            share, key=lambda word: (-share[word] * np.log(1e-9 + share[word] / everywhere[word] + 1), word)
        )
        choices = [", ".join(telling[:more]) for more in (1, 2, 3) if telling[:more]]
        if old and old.split(", ")[0] in telling[:3]:
            choices.insert(0, old)
        names.append(next((name for name in choices if name not in names), f"theme {len(names) + 1}"))
    return names


def _shares(words: Words) -> Mapping[str, float]:
    known = words[words != ""].astype(str)
    names, counts = np.unique(known, return_counts=True)
    return {str(name): float(count) / len(words) for name, count in zip(names, counts, strict=True)}
