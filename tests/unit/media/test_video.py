from __future__ import annotations

import io
import struct

import av
import numpy as np
import pytest
from PIL import Image

from daguerre.media.exif import Position
from daguerre.media.notes import Note
from daguerre.media.reasons import Reason, RefusedError
from daguerre.media.sniff import Format
from daguerre.media.video import MOST_KEYFRAMES, Video, decode_video
from tests.fakes import bad_files

LIMIT = 10**8


def _reason(data: bytes, max_pixels: int = LIMIT) -> Reason:
    with pytest.raises(RefusedError) as refusal:
        decode_video(data, max_pixels=max_pixels)
    return refusal.value.refused.reason


def _times(video: Video) -> list[int]:
    return sorted(frame.at_ms for frame in video.frames)


def test_each_shot_has_one_frame() -> None:
    video = decode_video(bad_files.video(3), max_pixels=LIMIT)
    assert (video.format, video.width, video.height, video.duration_ms) == (Format.MP4, 320, 240, 3000)
    assert _times(video) == [0, 1000, 2000]
    assert all(frame.image.mode == "RGB" and frame.image.size == (320, 240) for frame in video.frames)


def test_frames_that_show_the_same_are_kept_once() -> None:
    still = bad_files.video(1, fps=4)
    assert len(decode_video(still, max_pixels=LIMIT).frames) == 1


def test_a_film_of_many_scenes_keeps_the_first_few_and_says_so() -> None:
    video = decode_video(bad_files.video(12, width=160, height=120, form="mov"), max_pixels=LIMIT)
    assert video.format is Format.MOV
    assert len(video.frames) == MOST_KEYFRAMES
    assert video.notes == (Note.FIRST_KEYFRAMES,)


def test_what_phones_write_into_containers_is_read() -> None:
    apple = "com.apple.quicktime."
    tags = {
        f"{apple}creationdate": "2020-05-06T07:08:09+0200",
        f"{apple}location.ISO6709": "+38.7100-009.1300+012.3/",
        f"{apple}make": "Apple",
        f"{apple}model": "iPhone 12",
    }
    video = decode_video(bad_files.video(1, form="mov", tags=tags), max_pixels=LIMIT)
    assert video.created == "2020-05-06T07:08:09+0200"
    assert video.position == Position(lat=38.71, lon=-9.13)
    assert video.camera == "Apple iPhone 12"
    lost = decode_video(bad_files.video(1, tags={"location": "+00.0000+000.0000/"}), max_pixels=LIMIT)
    assert (lost.position, lost.notes) == (None, (Note.NULL_ISLAND,))


def test_a_phone_held_upright_gives_upright_frames() -> None:
    data = bytearray(bad_files.video(1))
    upright = decode_video(bytes(data), max_pixels=LIMIT).frames[0].image
    matrix = data.index(b"tkhd") + 44  # clockwise by a quarter, in 16.16 fixed point
    data[matrix : matrix + 20] = struct.pack(">iiiii", 0, 1 << 16, 0, -(1 << 16), 0)
    video = decode_video(bytes(data), max_pixels=LIMIT)
    assert (video.width, video.height) == (240, 320)
    turned = upright.transpose(Image.Transpose.ROTATE_270)
    assert np.abs(np.asarray(video.frames[0].image, dtype=int) - np.asarray(turned)).mean() < 1


def test_a_film_cut_at_any_of_twenty_places_is_refused() -> None:
    cuts = list(bad_files.truncations(bad_files.video(2)))
    assert [_reason(cut) for cut in cuts] == [Reason.TRUNCATED] * len(cuts)


def test_damage_in_the_middle_costs_only_what_comes_after() -> None:
    data = bytearray(bad_files.video(4))
    half = len(data) // 2
    data[half : half + 2000] = bytes(2000)
    assert 1 <= len(decode_video(bytes(data), max_pixels=LIMIT).frames) <= 4


def test_a_recording_without_pictures_has_no_frames() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44_100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    assert _reason(out.getvalue()) is Reason.NO_FRAMES


def test_a_film_of_enormous_frames_is_refused() -> None:
    assert _reason(bad_files.video(1), max_pixels=1000) is Reason.TOO_MANY_PIXELS
