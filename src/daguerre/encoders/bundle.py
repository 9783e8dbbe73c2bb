"""From a model folder (`models/<name>/<version>/`) to a release."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from daguerre.encoders.golden import read_golden
from daguerre.encoders.graph import check_towers
from daguerre.encoders.release import (
    CALIBRATION,
    CARD,
    GOLDEN,
    IMAGE_GRAPH,
    LICENCE,
    MODEL_TOML,
    PROVENANCE,
    TEXT_GRAPH,
    TOKENIZER,
    Release,
    ReleaseError,
    ReleaseFile,
    release_digest,
)
from daguerre.encoders.spec import EncoderSpec

_REQUIRED = (MODEL_TOML, IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER, GOLDEN)
_OPTIONAL = (CARD, LICENCE, PROVENANCE, CALIBRATION)
_RESAMPLE = ("bilinear", "bicubic", "lanczos")
_BLOCK = 1 << 20


def build_release(model_dir: Path) -> Release:
    """Read, hash and check a model folder; nothing is copied.

    The digest covers `model.toml`, both graphs with the weights beside them, the tokenizer, the golden vectors and,
    where they are there, card, licence, provenance of the training and calibration. Whatever else lies in the folder
    (training code, logs) is not part of the release.

    Raises:
        ReleaseError: a file is missing or cannot be read, or graphs, golden vectors and `model.toml` contradict each
            other.
    """
    missing = [n for n in _REQUIRED if not (model_dir / n).is_file()]
    if missing:
        raise ReleaseError(
            f"{model_dir} lacks {', '.join(missing)}", fix="`daguerre models import` makes such a folder."
        )
    files = tuple(describe_file(p) for p in sorted(model_dir.iterdir()) if _belongs(p))
    for name in (PROVENANCE, CALIBRATION):
        _check_json(model_dir / name)
    facts = _read_toml(model_dir / MODEL_TOML)
    spec = _spec(facts, digest=release_digest(files), where=model_dir)
    check_towers(model_dir / IMAGE_GRAPH, model_dir / TEXT_GRAPH, spec)
    read_golden(model_dir / GOLDEN).check_shapes(spec)
    return Release(spec=spec, folder=model_dir, files=files)


def describe_file(path: Path) -> ReleaseFile:
    """Hash one file, a block at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as f:
        while block := f.read(_BLOCK):
            digest.update(block)
    return ReleaseFile(name=path.name, sha256=digest.hexdigest(), size=path.stat().st_size)


def _belongs(path: Path) -> bool:
    weights = path.name.startswith((f"{IMAGE_GRAPH}.", f"{TEXT_GRAPH}."))
    return path.is_file() and (path.name in _REQUIRED or path.name in _OPTIONAL or weights)


def _check_json(path: Path) -> None:
    if not path.is_file():
        return
    try:
        record = json.loads(path.read_bytes())
    except ValueError as e:
        raise ReleaseError(f"{path}: {e}") from e
    if not isinstance(record, dict):
        raise ReleaseError(f"{path} is no JSON object")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ReleaseError(f"{path}: {e}") from e


def _spec(facts: dict[str, Any], *, digest: str, where: Path) -> EncoderSpec:
    try:
        spec = EncoderSpec(
            name=str(facts["name"]),
            digest=digest,
            dim=int(facts["dim"]),
            side_px=int(facts["side_px"]),
            resize=facts["resize"],
            resample=str(facts["resample"]),
            context=int(facts["context"]),
            pad_id=int(facts["pad_id"]),
            max_batch=int(facts["max_batch"]),
            licence=str(facts["licence"]),
        )
    except (KeyError, TypeError, ValueError) as e:
        raise ReleaseError(f"{where / MODEL_TOML}: {e!r}") from e
    if spec.resize not in ("squash", "shortest") or spec.resample not in _RESAMPLE:
        raise ReleaseError(
            f"{where / MODEL_TOML}: resize {spec.resize!r}, resample {spec.resample!r}",
            fix=f"resize is squash or shortest; resample is one of {', '.join(_RESAMPLE)}.",
        )
    if min(spec.dim, spec.side_px, spec.context, spec.max_batch) < 1:
        raise ReleaseError(f"{where / MODEL_TOML}: dim, side_px, context and max_batch are at least 1")
    _ = spec.space  # a name that no space can have is refused here, not in the middle of a backfill
    return spec
