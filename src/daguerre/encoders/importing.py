"""Bringing one's own encoder: a folder or a hub name becomes a model folder in our layout, with golden vectors."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders import reference
from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import MIN_COSINE, Golden, write_golden
from daguerre.encoders.graph import read_graph
from daguerre.encoders.layouts import Foreign, LayoutError, read_layout
from daguerre.encoders.onnx_encoder import Tower
from daguerre.encoders.release import CARD, GOLDEN, IMAGE_GRAPH, MODEL_TOML, TEXT_GRAPH, TOKENIZER
from daguerre.encoders.surgery import wrap_image, wrap_text
from daguerre.encoders.tokenizer import Tokenizer

_MAX_BATCH = 64
_PUNCTUATION = r"[!-/:-@\[-^`{-~]"
_SAMPLES = (
    "a photo of a dog",
    "red flowers at sunset",
    "Two people, smiling!",
    "snow",
    "a receipt on a wooden table, taken with a phone in bad light " * 4,
)
#: The files of both layouts, and nothing of what else such repositories carry.
_WANTED = ("*.json", "README.md", "visual/model.onnx*", "visual/*.json", "textual/model.onnx*", "textual/*.json")


class ParityError(LayoutError):
    """An imported model does not answer as the original does."""


def import_model(source: str, into: Path, *, variant: str = "", name: str = "") -> Path:
    """Import a model folder or hub repository; return the new model folder, `into/<name>`.

    Both towers are wrapped so that every encoder looks alike, and compared with the original: preprocessing in
    float, mask and normalisation outside the graph. A model whose answers depend on the company in a batch
    (dynamically quantised ones) gets `max_batch = 1`.

    Args:
        source: A folder in Immich's or Transformers.js' layout, or a hub name like `owner/model`; `HF_ENDPOINT` and
            `HF_HUB_OFFLINE` are honoured.
        variant: Precision to take where there are several: `fp16`, `int8`, `quantized`, ...
        name: Name of the encoder; made from `source` when empty.

    Raises:
        LayoutError: neither layout, a file is missing, or `into/<name>` holds another model.
        ParityError: the wrapped model answers otherwise.
    """
    name = name or _name(source, variant)
    foreign = read_layout(_folder(source, variant), variant=variant)
    into.mkdir(parents=True, exist_ok=True)
    target = into / name
    with tempfile.TemporaryDirectory(dir=into, prefix=".import-") as scratch:
        draft = Path(scratch) / name
        draft.mkdir()
        _build(foreign, draft, name=name, source=source)
        digest = build_release(draft).spec.digest
        if not target.exists():
            draft.rename(target)
        elif build_release(target).spec.digest != digest:
            raise LayoutError(f"{target} holds another model", fix="Remove it, or give the new one another name.")
    return target


def _build(foreign: Foreign, draft: Path, *, name: str, source: str) -> None:
    pad_id = _write_tokenizer(foreign, draft / TOKENIZER)
    tokens = Tokenizer.from_file(draft / TOKENIZER, context=foreign.context, pad_id=pad_id).encode(_SAMPLES)
    images = reference.pictures(foreign.side_px, seed=0)
    wanted = reference.image_vectors(foreign, images), reference.text_vectors(foreign, tokens, pad_id)
    dim = wanted[0].shape[1]
    if wanted[1].shape[1] != dim:
        raise LayoutError(f"{source}: {dim} dimensions for pictures, {wanted[1].shape[1]} for texts")
    wrap_image(foreign, draft, dim=dim)
    wrap_text(foreign, draft, dim=dim, pad_id=pad_id)
    _compare("pictures", _rows(draft / IMAGE_GRAPH, images, 1), wanted[0])
    _compare("texts", _rows(draft / TEXT_GRAPH, tokens, 1), wanted[1])
    max_batch = _MAX_BATCH if _batches_agree(draft, images, tokens, wanted) else 1
    golden = Golden(
        images=images,
        texts=_SAMPLES,
        image_embeddings=_rows(draft / IMAGE_GRAPH, images, max_batch),
        text_embeddings=_rows(draft / TEXT_GRAPH, tokens, max_batch),
    )
    write_golden(draft / GOLDEN, golden)
    _write_toml(draft / MODEL_TOML, foreign, name=name, source=source, dim=dim, pad_id=pad_id, max_batch=max_batch)
    (draft / CARD).write_text(
        f"# {name}\n\nImported from `{source}` ({foreign.layout} layout). Licence: {foreign.licence}.\n"
        "What it knows and what it must not be used for stands in the original's card.\n"
    )


def _write_tokenizer(foreign: Foreign, path: Path) -> int:
    """Copy the tokenizer, with the cleaning that the model was trained with inside; return the padding's number."""
    from tokenizers import Regex, normalizers
    from tokenizers import Tokenizer as Reader

    if not foreign.tokenizer.is_file():
        raise LayoutError(f"{foreign.tokenizer} is missing", fix="Ask for a repository with the fast tokenizer's file.")
    reader = Reader.from_file(str(foreign.tokenizer))
    pad_id = reader.token_to_id(foreign.pad_token)
    if pad_id is None:
        raise LayoutError(f"{foreign.tokenizer} does not know its padding {foreign.pad_token!r}")
    if foreign.canonical:
        cleaning: list[Any] = [
            normalizers.Replace("_", " "),
            normalizers.Replace(Regex(_PUNCTUATION), ""),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
        reader.normalizer = normalizers.Sequence([*cleaning, *([reader.normalizer] if reader.normalizer else [])])
    reader.no_padding()
    reader.no_truncation()
    reader.save(str(path))
    return int(pad_id)


def _rows(graph: Path, rows: npt.NDArray[Any], batch: int) -> npt.NDArray[np.float32]:
    return Tower(graph, max_batch=batch).run(rows)


def _compare(kind: str, found: npt.NDArray[np.float32], wanted: npt.NDArray[np.float32]) -> None:
    lowest = float(np.einsum("ij,ij->i", found, wanted).min())
    if not lowest >= MIN_COSINE:
        raise ParityError(f"{kind}: cosine {lowest:.6f} with the original's answers, {MIN_COSINE} is needed")


def _batches_agree(
    draft: Path, images: npt.NDArray[Any], tokens: npt.NDArray[Any], wanted: tuple[npt.NDArray[Any], npt.NDArray[Any]]
) -> bool:
    """Say whether both towers take batches, and answer in company as they do alone."""
    for graph, rows, alone in ((IMAGE_GRAPH, images, wanted[0]), (TEXT_GRAPH, tokens, wanted[1])):
        if read_graph(draft / graph).fixed_batch:
            return False
        try:
            _compare(graph, _rows(draft / graph, rows, len(rows)), alone)
        except Exception:  # the vendor's errors share no base class; a graph that fails in batches works alone
            return False
    return True


def _write_toml(path: Path, foreign: Foreign, *, name: str, source: str, dim: int, pad_id: int, max_batch: int) -> None:
    facts: dict[str, str | int] = {
        "name": name,
        "version": "1",
        "dim": dim,
        "side_px": foreign.side_px,
        "resize": foreign.resize,
        "resample": foreign.resample,
        "context": foreign.context,
        "pad_id": pad_id,
        "max_batch": max_batch,
        "licence": foreign.licence,
        "layout": foreign.layout,
        "source": Path(source).name if Path(source).is_dir() else source,
    }
    lines = (f'{k} = "{_escaped(v)}"' if isinstance(v, str) else f"{k} = {v}" for k, v in facts.items())
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _name(source: str, variant: str) -> str:
    parts = [source.rstrip("/").rpartition("/")[2].lower(), variant]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(p for p in parts if p)).strip("-") or "imported"


def _folder(source: str, variant: str) -> Path:
    """Return a local folder: the one that is named, or a download from the hub."""
    if Path(source).is_dir():
        return Path(source)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", source):
        raise LayoutError(f"{source!r}", fix="Name a folder that exists, or a hub repository like owner/model.")
    from huggingface_hub import snapshot_download

    suffix = f"_{variant}" if variant else ""
    towers = [f"onnx/{stem}{suffix}.onnx*" for stem in ("vision_model", "text_model")]
    endpoint = os.environ.get("HF_ENDPOINT")
    try:
        return Path(snapshot_download(source, endpoint=endpoint, allow_patterns=[*_WANTED, *towers]))
    except Exception as e:  # network, permission, not found, offline: a dozen classes without a common base
        raise LayoutError(f"{source}: {e}", fix="Check name and network, or download it and name the folder.") from e
