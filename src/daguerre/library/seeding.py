"""Chance that is a pure function of names: the same key draws the same numbers, in any order and in any process."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_of(*key: object) -> int:
    """Return 64 bits that belong to this key alone."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=8).digest(), "little")


def rng(*key: object) -> np.random.Generator:
    """Return the generator that belongs to this key alone."""
    return np.random.Generator(np.random.PCG64(seed_of(*key)))
