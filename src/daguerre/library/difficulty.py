"""How hard a generated library is for the algorithms that must understand it: every knob in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """The knobs. Shares are probabilities between 0 and 1.

    An easy library proves nothing: on one without walks and pauses a fixed gap finds every event.
    """

    name: str
    gps_share: float
    """Moments taken by a phone that write a position."""
    offset_share: float
    """Phones' files that write the offset of their clock."""
    second_camera_share: float
    """Trips on which a second camera, without GPS, takes part of the photos."""
    skews_s: tuple[int, ...]
    """How wrong the second camera's clock is, on top of showing the time of home."""
    past_midnight_share: float
    """Parties that go on after midnight."""
    pause_share: float
    """Events with a long gap in the middle."""
    pause_minutes: tuple[float, float]
    back_to_back_share: float
    """Events that begin shortly after another ended."""
    back_to_back_km: tuple[float, float]
    walk_km: tuple[float, float]
    """How far a walk moves."""
    pan: float
    """How much two shots of one moment differ, in shares of the frame."""
    crop: float
    """How much a cropped copy loses on each side, in shares of the frame."""
    flaw_share: float
    """Photos with a visible blur, a wrong exposure or strong noise."""
    fault_share: float
    """Files that are broken, or lie about themselves."""


EASY = Difficulty(
    name="easy",
    gps_share=0.97,
    offset_share=0.9,
    second_camera_share=0.0,
    skews_s=(0,),
    past_midnight_share=0.0,
    pause_share=0.0,
    pause_minutes=(0.0, 0.0),
    back_to_back_share=0.0,
    back_to_back_km=(0.0, 0.0),
    walk_km=(0.1, 0.5),
    pan=0.012,
    crop=0.06,
    flaw_share=0.1,
    fault_share=0.0,
)
NORMAL = Difficulty(
    name="normal",
    gps_share=0.8,
    offset_share=0.7,
    second_camera_share=0.4,
    skews_s=(3600, -3600),
    past_midnight_share=0.6,
    pause_share=0.25,
    pause_minutes=(50.0, 120.0),
    back_to_back_share=0.15,
    back_to_back_km=(3.0, 8.0),
    walk_km=(1.0, 4.0),
    pan=0.03,
    crop=0.12,
    flaw_share=0.25,
    fault_share=0.02,
)
HARD = Difficulty(
    name="hard",
    gps_share=0.5,
    offset_share=0.4,
    second_camera_share=0.9,
    skews_s=(3600, -3600, 5400, -7200, 420),
    past_midnight_share=0.9,
    pause_share=0.5,
    pause_minutes=(80.0, 170.0),
    back_to_back_share=0.45,
    back_to_back_km=(1.5, 5.0),
    walk_km=(2.0, 7.0),
    pan=0.07,
    crop=0.22,
    flaw_share=0.4,
    fault_share=0.04,
)
LEVELS = {level.name: level for level in (EASY, NORMAL, HARD)}
