"""What was dropped or assumed about an accepted photo: a closed list."""

from __future__ import annotations

from enum import StrEnum


class Note(StrEnum):
    """One thing that a reader of the photo's row should know."""

    EXIF_UNREADABLE = "exif_unreadable"
    BAD_ORIENTATION = "bad_orientation"  # not 1-8; taken as upright
    BAD_TIME = "bad_time"  # not a date, or before photography
    EPOCH_TIME = "epoch_time"  # the zero of a clock that was never set
    FUTURE_TIME = "future_time"  # more than a day after the batch was sealed
    BAD_OFFSET = "bad_offset"  # not a UTC offset that exists
    ASSUMED_UTC = "assumed_utc"  # neither an offset nor GPS: the camera's clock is read as UTC
    NO_TIME = "no_time"  # no usable date inside; the object's own is used
    BAD_GPS = "bad_gps"  # latitude beyond 90, not a number, ...
    NULL_ISLAND = "null_island"  # 0, 0: a receiver without a fix
    BAD_PROFILE = "bad_profile"  # the colour profile cannot be used; colours are taken as sRGB
    ALPHA_FLATTENED = "alpha_flattened"  # transparent parts are shown on white
    FIRST_KEYFRAMES = "first_keyframes"  # the video has more scenes than are kept
