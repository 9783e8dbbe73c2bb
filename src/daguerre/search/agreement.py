"""How much two rankings of the same query have in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def overlap_at_k(first: Sequence[Hashable], second: Sequence[Hashable], k: int) -> float:
    """Return the share of the first k of each ranking that both name, from 0 to 1; two empty rankings agree."""
    depth = min(k, max(len(first), len(second)))
    return len(set(first[:k]) & set(second[:k])) / depth if depth else 1.0


def rank_biased_overlap(first: Sequence[Hashable], second: Sequence[Hashable], p: float = 0.9) -> float:
    """Return the extrapolated rank-biased overlap of two rankings without ties, from 0 to 1; two empty ones agree.

    `p` is the chance that a person who looked at one place looks at the next; at .9 the first ten places weigh 86 %.
    RBO_ext for rankings of any two lengths: Webber, Moffat, Zobel, "A similarity measure for indefinite rankings",
    ACM TOIS 28(4), 2010, equation 32.
    """
    short, long = sorted((first, second), key=len)
    s, l = len(short), len(long)  # noqa: E741 - the paper's names
    if l == 0:
        return 1.0
    if s == 0:
        return 0.0
    seen_short: set[Hashable] = set()
    seen_long: set[Hashable] = set()
    shared = [0]  # X_d: how many the first d places have in common
    for d in range(l):
        seen_long.add(long[d])
        if d < s:
            seen_short.add(short[d])
        shared.append(len(seen_short & seen_long))
    x_s, x_l = shared[s], shared[l]
    agreed = sum(shared[d] / d * p**d for d in range(1, l + 1))
    beyond = sum(x_s * (d - s) / (s * d) * p**d for d in range(s + 1, l + 1))
    return (1 - p) / p * (agreed + beyond) + ((x_l - x_s) / l + x_s / s) * p**l
