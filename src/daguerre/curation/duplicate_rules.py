"""When two photos are what to each other: thresholds, and what they were measured on."""

from __future__ import annotations

from dataclasses import dataclass


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
        burst_s, burst_look: Frames of one camera this close in time to one of them, and in looks, are one burst.
        similar_look: What is farther apart does not even look similar.
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
    burst_look: float = 0.045
    similar_look: float = 0.3


RULES = DuplicateRules()
