"""Short videos: the camera wanders over a scene."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from daguerre.library.seeding import rng
from daguerre.library.truth import TruthRow

_FPS = 12
_SECONDS = (2, 4)
#: The frame shows this share of the scene, and wanders over the rest.
_WINDOW = 0.8
_LONG_SIDE_PX = 400
#: Without x264's assembler, whose rate control gave other bytes in one run out of four (measured); clips are few.
_X264 = {"preset": "superfast", "crf": "26", "x264-params": "threads=1:lookahead-threads=1:no-asm=1"}


def encode_clip(row: TruthRow, picture: npt.NDArray[np.uint8]) -> bytes:
    """Return an MP4 (H.264) of a few seconds that shows `picture`, `(h, w, 3) uint8`, with its true time inside."""
    import av
    import cv2

    r = rng("clip", row.scene_seed)
    scale = _LONG_SIDE_PX / _WINDOW / max(picture.shape[:2])
    big = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    # whole macroblocks: the encoder would fill up others with whatever lies in memory
    height, width = (int(side * _WINDOW) // 16 * 16 for side in big.shape[:2])
    slack_y, slack_x = big.shape[0] - height, big.shape[1] - width
    frames = int(r.integers(_SECONDS[0], _SECONDS[1] + 1)) * _FPS
    path = np.linspace(r.random(2), r.random(2), frames)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        container.metadata["creation_time"] = f"{row.taken_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        if row.gps_lat is not None and row.gps_lon is not None:
            container.metadata["location"] = f"{row.gps_lat:+09.4f}{row.gps_lon:+010.4f}/"
        stream = container.add_stream("libx264", rate=_FPS, options=_X264)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for down, right in path.tolist():
            y, x = int(down * slack_y), int(right * slack_x)
            window = np.ascontiguousarray(big[y : y + height, x : x + width], np.uint8)
            # converted here: frames that the encoder converts itself give other bytes now and then
            planes = np.asarray(cv2.cvtColor(window, cv2.COLOR_RGB2YUV_I420), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
