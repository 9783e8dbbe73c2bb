"""What is never shown as a memory, whatever its score."""

from __future__ import annotations

import numpy as np

from daguerre.curation.columns import DAY_S, Bools, PhotoColumns, timed

#: Above this probability a photo is a document, a receipt or a screenshot.
DOCUMENT = 0.5
#: Smaller pictures are icons, avatars and previews.
_FEWEST_PIXELS = 50_000
_SCREENSHOT_NAMES = ("screenshot", "screen shot", "screen_shot", "bildschirmfoto", "screencap")


def screenshots(columns: PhotoColumns) -> Bools:
    """Return which photos look like pictures of a screen: `(n,) bool`.

    By the name of the file, or a PNG that no camera claims and that was not taken anywhere.
    """
    names = [key.rsplit("/", 1)[-1].lower() for key in columns.source_key]
    named = np.array([any(word in name for word in _SCREENSHOT_NAMES) for name in names], bool)
    nobodys = (columns.camera == "") & np.isnan(columns.lat)
    return named | ((columns.format == "png") & nobodys)


def documents(columns: PhotoColumns) -> Bools:
    """Return which photos are documents, receipts or screenshots, as far as anything tells: `(n,) bool`."""
    return screenshots(columns) | (np.nan_to_num(columns.document) > DOCUMENT)


def never_shown(columns: PhotoColumns, *, until_s: float) -> Bools:
    """Return which photos no memory may contain: `(n,) bool`.

    Documents and screenshots, pictures too small to look at, and photos whose time is not known, is only that of a
    file, or lies in the future (a wrong clock): they would be shown on a day they have nothing to do with.

    Args:
        columns: The owner's library.
        until_s: The present, seconds since 1970 UTC; a day beyond it is forgiven.
    """
    late = np.nan_to_num(columns.taken_s, nan=np.inf) > until_s + DAY_S
    return documents(columns) | (columns.pixels < _FEWEST_PIXELS) | ~timed(columns) | late
