"""Who sees which side of an A/B experiment, and whether the split came out as meant."""

from __future__ import annotations

import hashlib


def sees_candidate(experiment: str, person: str, share: float) -> bool:
    """Say whether a person sees the candidate: always the same answer, and unrelated between experiments."""
    digest = hashlib.blake2b(f"{experiment}\0{person}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def split_p(seen: tuple[int, int], share: float) -> float:
    """Return how often chance alone makes a split at least this uneven (chi-square, one degree of freedom).

    A small number is a sample ratio mismatch (Fabijan et al. 2019, "Diagnosing sample ratio mismatch in online
    controlled experiments").

    Args:
        seen: People that saw production and the candidate.
        share: Share that was meant to see the candidate.
    """
    from scipy.special import chdtrc

    total = sum(seen)
    if total == 0:
        return 0.0
    expected = (total * (1 - share), total * share)
    return float(chdtrc(1, sum((n - e) ** 2 / e for n, e in zip(seen, expected, strict=True))))
