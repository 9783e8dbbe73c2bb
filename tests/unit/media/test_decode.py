from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from daguerre.media.decode import decode
from daguerre.media.notes import Note
from daguerre.media.reasons import Reason, RefusedError
from tests.fakes import bad_files

LIMIT = 200_000_000
GOOD = bad_files.odd_but_good()
ODD_EXIF = bad_files.bad_exif()


@pytest.mark.parametrize("name", GOOD)
def test_odd_pictures_are_accepted(name: str) -> None:
    decoded = decode(GOOD[name], max_pixels=LIMIT)
    assert decoded.image.mode == "RGB"
    assert decoded.rgb.shape == (decoded.image.height, decoded.image.width, 3)
    assert max(decoded.image.size) <= 512


@pytest.mark.parametrize("name", ["cmyk.jpg", "palette.png", "lzw.tif", "still.heic", "still.avif", "animated.gif"])
def test_colours_survive_the_format(name: str) -> None:
    expected = np.asarray(bad_files.scene(), dtype=float)
    assert np.abs(decode(GOOD[name], max_pixels=LIMIT).rgb - expected).mean() < 12


@pytest.mark.parametrize("name", ["sixteen-bit.png", "sixteen-bit.tif", "float.tif"])
def test_deep_pictures_keep_their_range(name: str) -> None:
    rgb = decode(GOOD[name], max_pixels=LIMIT).rgb
    assert rgb.min() < 3
    assert rgb.max() > 252
    assert 120 < rgb.mean() < 135


def test_transparent_parts_are_white_and_noted() -> None:
    clear = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    decoded = decode(bad_files.encoded(clear, "PNG"), max_pixels=LIMIT)
    assert decoded.rgb.min() == 255
    assert decoded.notes == (Note.ALPHA_FLATTENED,)
    opaque = decode(bad_files.encoded(Image.new("RGBA", (40, 30), (255, 0, 0, 255)), "PNG"), max_pixels=LIMIT)
    assert opaque.notes == ()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_orientation_ends_upright(orientation: int, form: str) -> None:
    upright = Image.new("RGB", (600, 300), (20, 20, 20))
    upright.paste((220, 30, 30), (0, 0, 200, 100))  # red, top left
    upright.paste((30, 30, 220), (400, 200, 600, 300))  # blue, bottom right
    inverse = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]
    stored = upright if inverse is None else upright.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(bad_files.encoded(stored, form, exif=exif.tobytes()), max_pixels=LIMIT)
    assert (decoded.width, decoded.height) == (600, 300)
    assert decoded.rgb[20, 20].argmax() == 0
    assert decoded.rgb[20, 20].max() > 180
    assert decoded.rgb[-20, -20].argmax() == 2


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (3000, 4000), (1030, 700), (513, 513), (511, 40), (1, 1)])
def test_the_long_side_is_512_or_what_it_was(width: int, height: int) -> None:
    decoded = decode(bad_files.encoded(Image.new("RGB", (width, height)), "JPEG"), max_pixels=LIMIT)
    assert (decoded.width, decoded.height) == (width, height)
    assert max(decoded.image.size) == min(512, max(width, height))


def test_decoding_at_a_fraction_of_the_scale_is_close_to_a_full_decode() -> None:
    large = bad_files.scene(3000, 2000, seed=3)
    data = bad_files.encoded(large, "JPEG", quality=92)
    reference = np.asarray(large.resize((512, 341), Image.Resampling.LANCZOS), dtype=float)
    assert np.sqrt(np.mean((decode(data, max_pixels=LIMIT).rgb - reference) ** 2)) < 3.0


@pytest.mark.parametrize("name", ODD_EXIF)
def test_broken_exif_never_costs_the_picture(name: str) -> None:
    assert decode(ODD_EXIF[name], max_pixels=LIMIT).image.size == (320, 240)


def _reason(data: bytes, max_pixels: int = LIMIT) -> Reason:
    with pytest.raises(RefusedError) as refusal:
        decode(data, max_pixels=max_pixels)
    return refusal.value.refused.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIC", "progressive"])
def test_a_file_cut_at_any_of_twenty_places_is_refused(form: str) -> None:
    if form == "HEIC":
        whole = bad_files.heic(bad_files.scene())
    elif form == "progressive":
        whole = bad_files.jpeg(progressive=True)
    else:
        whole = bad_files.encoded(bad_files.scene(), form)
    reasons = [_reason(cut) for cut in bad_files.truncations(whole)]
    assert set(reasons) <= {Reason.TRUNCATED, Reason.CORRUPT}
    assert reasons.count(Reason.TRUNCATED) >= 19
    decode(whole, max_pixels=LIMIT)


def test_a_jpeg_without_its_last_two_bytes_is_refused() -> None:
    assert _reason(bad_files.jpeg()[:-2]) is Reason.TRUNCATED


def test_enormous_pictures_are_refused_by_their_header_alone() -> None:
    assert _reason(bad_files.png_bomb(20_000)) is Reason.TOO_MANY_PIXELS
    assert _reason(bad_files.jpeg_that_lies()) is Reason.TOO_MANY_PIXELS
    assert _reason(bad_files.jpeg(), max_pixels=320 * 240 - 1) is Reason.TOO_MANY_PIXELS
    decode(bad_files.jpeg(), max_pixels=320 * 240)


def test_a_png_with_a_long_text_is_a_picture() -> None:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt("workflow", "x" * 5_000_000, zip=True)
    decode(bad_files.encoded(bad_files.scene(), "PNG", pnginfo=text), max_pixels=LIMIT)


def test_an_embedded_profile_is_translated_and_a_broken_one_noted() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = decode(bad_files.jpeg(icc_profile=lab), max_pixels=LIMIT)
    plain = decode(bad_files.jpeg(), max_pixels=LIMIT)
    assert same.notes == ()
    assert np.abs(same.rgb.astype(int) - plain.rgb).max() <= 1
    broken = decode(bad_files.jpeg(icc_profile=lab[:16] + b"RGB " + b"\xff" * 400), max_pixels=LIMIT)
    assert broken.notes == (Note.BAD_PROFILE,)
    assert np.array_equal(broken.rgb, plain.rgb)


def test_a_wide_profile_makes_colours_stronger() -> None:
    import struct

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Display P3's red primary instead of sRGB's, and another name: the same numbers now mean a stronger red.
    count = struct.unpack(">I", profile[128:132])[0]
    for index in range(count):
        tag, offset, size = struct.unpack(">4sII", profile[132 + 12 * index : 144 + 12 * index])
        if tag == b"rXYZ":
            profile[offset + 8 : offset + 20] = struct.pack(">iii", 33_745, 15_808, -69)
        if tag == b"desc":
            profile[offset + 12 : offset + size] = profile[offset + 12 : offset + size].replace(b"R", b"X")
    red = Image.new("RGB", (64, 64), (200, 60, 60))
    wide = decode(bad_files.encoded(red, "PNG", icc_profile=bytes(profile)), max_pixels=LIMIT)
    assert wide.rgb[32, 32, 0] > 205
