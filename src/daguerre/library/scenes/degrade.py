"""What a camera does to a scene: focus, exposure, white balance, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
#: Side of the noise tile that is repeated over a picture; fresh noise for 12 megapixels would cost a second.
_NOISE_PX = 384


@dataclass(frozen=True, kw_only=True)
class Camera:
    """How a photo was taken. The default is a perfect camera that changes nothing.

    Attributes:
        blur: Standard deviation of defocus, in thousandths of the short side.
        motion: Length of the smear of a moving camera, in thousandths of the short side.
        motion_angle: Its direction in degrees.
        exposure: Stops over (positive) or under.
        warmth: White balance, -1 (blue) to 1 (yellow).
        noise: Standard deviation of sensor noise in levels of a byte.
        vignette: How much darker the corners are, 0 to 1.
        tilt: Degrees by which the camera was not level.
        jpeg_quality: Quality of a JPEG round trip; 0 for none.
    """

    blur: float = 0.0
    motion: float = 0.0
    motion_angle: float = 0.0
    exposure: float = 0.0
    warmth: float = 0.0
    noise: float = 0.0
    vignette: float = 0.0
    tilt: float = 0.0
    jpeg_quality: int = 0


def sample_camera(rng: np.random.Generator, *, severity: float = 1.0) -> Camera:
    """Draw the circumstances of a photo; severity 0 is a perfect camera, 1 a phone in a pocket, 2 a bad one."""
    blurred, shaken = rng.random(2) < 0.2
    return Camera(
        blur=float(rng.uniform(0, 5)) * severity if blurred else 0.0,
        motion=float(rng.uniform(4, 20)) * severity if shaken else 0.0,
        motion_angle=float(rng.uniform(0, 180)),
        exposure=float(np.clip(rng.normal(0, 0.22), -0.6, 0.5)) * severity,
        warmth=float(np.clip(rng.normal(0, 0.22), -0.6, 0.6)) * severity,
        noise=float(rng.uniform(0, 7)) * severity,
        vignette=float(rng.uniform(0, 0.3)) * severity,
        tilt=float(rng.normal(0, 1.6)) * severity,
        jpeg_quality=int(rng.integers(40, 96)) if severity else 0,
    )


def degrade(rng: np.random.Generator, picture: Picture, camera: Camera) -> Picture:
    """Return the `(h, w, 3) uint8` picture as the camera would have written it; same size."""
    short = min(picture.shape[:2])
    out = _tilted(picture, camera.tilt) if camera.tilt else picture
    if camera.motion:
        out = _smeared(out, camera.motion * short / 1000, camera.motion_angle)
    sigma = camera.blur * short / 1000
    if sigma > 0.2:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), sigma), np.uint8)
    if camera.exposure or camera.warmth:
        out = _developed(out, camera.exposure, camera.warmth)
    if camera.vignette:
        out = _vignetted(out, camera.vignette)
    if camera.noise:
        out = _noisy(rng, out, camera.noise)
    return _compressed(out, camera.jpeg_quality) if camera.jpeg_quality else out


def _tilted(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    # zoom in until the turned picture has no empty corner
    zoom = 1.0 + abs(np.sin(np.radians(degrees))) * max(height, width) / min(height, width)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    turned = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.uint8)


def _smeared(picture: Picture, length_px: float, angle: float) -> Picture:
    size = int(length_px) | 1
    if size < 3:
        return picture
    kernel = np.zeros((size, size), np.float32)
    reach = (size - 1) / 2
    dx, dy = reach * np.cos(np.radians(angle)), reach * np.sin(np.radians(angle))
    start, end = (round(reach - dx), round(reach - dy)), (round(reach + dx), round(reach + dy))
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def _developed(picture: Picture, exposure: float, warmth: float) -> Picture:
    levels = np.arange(256, dtype=np.float64)
    gains = 2.0**exposure * np.array([1 + 0.16 * warmth, 1.0, 1 - 0.16 * warmth])
    # a shoulder instead of a hard clip keeps over-exposed skies from going flat
    curve = 255 * (1 - np.exp(-levels[:, None] * gains / 255 * 1.6)) / (1 - np.exp(-1.6))
    straight = levels[:, None] * gains
    table = np.clip(np.where(straight < 180, straight, np.minimum(straight, 0.35 * curve + 0.65 * straight)), 0, 255)
    return np.asarray(cv2.LUT(picture, table.astype(np.uint8)[None]), np.uint8)


def _vignetted(picture: Picture, strength: float) -> Picture:
    height, width = picture.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    factor = 1 - np.float32(strength * 0.5) * (down[:, None] + across)
    return np.asarray(cv2.multiply(picture, cv2.merge([factor] * 3), dtype=cv2.CV_8U), np.uint8)


def _noisy(rng: np.random.Generator, picture: Picture, sigma: float) -> Picture:
    height, width = picture.shape[:2]
    tile_shape = (min(height, _NOISE_PX), min(width, _NOISE_PX), 3)
    sheet = (rng.standard_normal(tile_shape, dtype=np.float32) * np.float32(sigma)).astype(np.int16)
    if sheet.shape != picture.shape:
        sheet = np.tile(sheet, (-(-height // tile_shape[0]), -(-width // tile_shape[1]), 1))[:height, :width]
    return np.asarray(cv2.add(picture, sheet, dtype=cv2.CV_8U), np.uint8)


def _compressed(picture: Picture, quality: int) -> Picture:
    # OpenCV reads bytes as BGR: channels are swapped on the way in and stay swapped on the way out
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
