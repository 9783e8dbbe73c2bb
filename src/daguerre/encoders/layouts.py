"""The two layouts in which people have CLIP-like models on their disks: Immich's and Transformers.js'."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daguerre.encoders.release import ReleaseError
from daguerre.encoders.spec import Resize

#: Pillow's numbers for filters, as `preprocessor_config.json` has them.
_FILTERS = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
_SIGLIP_CONTEXT = 64
_CLIP_CONTEXT = 77


class LayoutError(ReleaseError):
    """A folder is not a model in a layout that can be imported."""


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """One model as it lies in somebody else's layout.

    Attributes:
        mean: Per channel, of values from 0 to 1.
        scale: What a byte is multiplied with first, 1/255 nearly always.
        canonical: Whether texts lose their punctuation and capitals before they are tokenised (SigLIP).
        sees_padding: Whether the text tower is told which places are padding. CLIP closes a text with the token that
            it pads with and looks back only; SigLIP was trained to look at its padding.
    """

    layout: str
    image_graph: Path
    text_graph: Path
    tokenizer: Path
    side_px: int
    resize: Resize
    resample: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    scale: float
    context: int
    pad_token: str
    canonical: bool
    sees_padding: bool
    licence: str


def read_layout(folder: Path, *, variant: str = "") -> Foreign:
    """Recognise a folder. `variant` picks one of several precisions (`fp16`, `int8`, ...), Transformers.js only.

    Raises:
        LayoutError: the folder has neither layout, or a file of it is missing or odd.
    """
    try:
        if (folder / "visual" / "model.onnx").is_file():
            return _immich(folder)
        if (folder / "onnx").is_dir():
            return _transformers_js(folder, variant)
    except (ValueError, KeyError, TypeError) as e:
        raise LayoutError(f"{folder}: {e!r}") from e
    raise LayoutError(
        f"{folder} has neither visual/model.onnx (Immich) nor onnx/ (Transformers.js)",
        fix="Name the folder that holds config.json.",
    )


def _immich(folder: Path) -> Foreign:
    picture = _json(folder / "visual/preprocess_cfg.json")
    words = _json(folder / "config.json")["text_cfg"]
    size = picture["size"]
    return Foreign(
        layout="immich",
        image_graph=folder / "visual/model.onnx",
        text_graph=folder / "textual/model.onnx",
        tokenizer=folder / "textual/tokenizer.json",
        side_px=int(size[0] if isinstance(size, list) else size),
        resize=picture.get("resize_mode", "shortest"),
        resample=str(picture.get("interpolation", "bicubic")),
        mean=_three(picture["mean"]),
        std=_three(picture["std"]),
        scale=1 / 255,
        context=int(words.get("context_length", _CLIP_CONTEXT)),
        pad_token=_pad_token(folder / "textual/tokenizer_config.json"),
        canonical=(words.get("tokenizer_kwargs") or {}).get("clean") == "canonicalize",
        sees_padding=not words.get("hf_model_name"),
        licence=_licence(folder),
    )


def _transformers_js(folder: Path, variant: str) -> Foreign:
    picture = _json(folder / "preprocessor_config.json")
    config = _json(folder / "config.json")
    siglip = str(config.get("model_type", "")).startswith("siglip")
    crop = bool(picture.get("do_center_crop"))
    normalise = picture.get("do_normalize", True)
    words = config.get("text_config") or {}
    context = _SIGLIP_CONTEXT if siglip else _CLIP_CONTEXT
    return Foreign(
        layout="transformers.js",
        image_graph=_pick(folder / "onnx", "vision_model", variant),
        text_graph=_pick(folder / "onnx", "text_model", variant),
        tokenizer=folder / "tokenizer.json",
        side_px=_side(picture["crop_size" if crop else "size"]),
        resize="shortest" if crop else "squash",
        resample=_FILTERS[picture.get("resample", 3)],
        mean=_three(picture["image_mean"]) if normalise else (0.0, 0.0, 0.0),
        std=_three(picture["image_std"]) if normalise else (1.0, 1.0, 1.0),
        scale=float(picture.get("rescale_factor", 1 / 255)) if picture.get("do_rescale", True) else 1.0,
        context=int(words.get("max_position_embeddings") or context),
        pad_token=_pad_token(folder / "tokenizer_config.json"),
        canonical=siglip,
        sees_padding=siglip or str(config.get("model_type", "clip")) == "clip",
        licence=_licence(folder),
    )


def _pick(folder: Path, stem: str, variant: str) -> Path:
    path = folder / (f"{stem}_{variant}.onnx" if variant else f"{stem}.onnx")
    if not path.is_file():
        names = sorted(p.stem.removeprefix(stem).removeprefix("_") for p in folder.glob(f"{stem}_*.onnx"))
        raise LayoutError(f"{path} is missing", fix=f"Variants that are there: {', '.join(names) or 'none'}.")
    return path


def _side(size: int | dict[str, int]) -> int:
    if isinstance(size, int):
        return size
    if size.get("height", 0) != size.get("width", 0):
        raise LayoutError(f"pictures of {size}", fix="Only square inputs are known.")
    return size.get("height") or size["shortest_edge"]


def _pad_token(path: Path) -> str:
    config = _json(path)
    pad = config.get("pad_token") or config.get("eos_token")
    return str(pad["content"] if isinstance(pad, dict) else pad)


def _three(values: list[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _licence(folder: Path) -> str:
    """Return what the model card's front matter says."""
    card = folder / "README.md"
    found = re.search(r"^license:\s*(\S+)", card.read_text(errors="replace"), re.MULTILINE) if card.is_file() else None
    return found[1] if found else "unknown"


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise LayoutError(f"{path} cannot be read ({e})") from e
    if not isinstance(found, dict):
        raise LayoutError(f"{path} holds no object")
    return found
