"""The files of a release beside its graphs: description, golden vectors, model card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from evaluate import Scores, embed, session
from export import OPSET
from towers import Shape
from vocabulary import PAD, Vocabulary

LICENCE = "Apache-2.0"
MAX_BATCH = 64
#: Eight texts that touch every sort of scene.
GOLDEN_TEXTS = (
    "red flowers at sunset",
    "a photo of two dogs on the beach during the day with a clear sky",
    "receipt",
    "pizza on a blue plate",
    "a portrait of someone with blond hair wearing green in the city at night",
    "snow in fog",
    "three white boats",
    "a word that nobody taught: photosynthesis",
)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the weights come from.

    Attributes:
        seconds: Processor time of the optimiser steps; on a CPU they run on one thread.
        parameters: Of both towers.
    """

    seed: int
    images: int
    steps: int
    batch: int
    seconds: int
    parameters: int
    device: str


def write_golden(folder: Path, pictures: npt.NDArray[np.uint8], vocabulary: Vocabulary) -> None:
    """Write `golden.npz`: inputs with the embeddings that a correct runtime answers.

    Args:
        folder: The release, with its graphs.
        pictures: `(g, side_px, side_px, 3) uint8`.
        vocabulary: The tokenizer.
    """
    np.savez_compressed(
        folder / "golden.npz",
        images=pictures,
        texts=np.array(GOLDEN_TEXTS),
        image_embeddings=embed(session(folder / "image.onnx"), pictures),
        text_embeddings=embed(session(folder / "text.onnx"), vocabulary.encode(GOLDEN_TEXTS)),
    )


def write_description(folder: Path, shape: Shape, provenance: Provenance, scores: Scores) -> None:
    """Write `model.toml`."""
    model = {
        "name": "scene-demo",
        "dim": shape.dim,
        "side_px": shape.side_px,
        "resize": "squash",
        "resample": "bilinear",
        "context": shape.context,
        "pad_id": PAD,
        "max_batch": MAX_BATCH,
        "opset": OPSET,
        "licence": LICENCE,
    }
    measured = {name: value for name, value in asdict(scores).items() if name != "keyword_precision"}
    families = {family.replace(" ", "_"): value for family, value in scores.keyword_precision.items()}
    sections = {
        "": model,
        "training": asdict(provenance),
        "evaluation": measured | {"keyword_precision_at_10": scores.keyword_precision_at_10},
        "evaluation.keyword_precision": families,
    }
    parts = [_section(title, values) for title, values in sections.items()]
    (folder / "model.toml").write_text("\n".join(parts), encoding="utf-8")


def write_card(folder: Path, shape: Shape, provenance: Provenance, scores: Scores) -> None:
    """Write `card.md`."""
    families = "\n".join(f"| {family} | {value:.3f} |" for family, value in scores.keyword_precision.items())
    sizes = "\n".join(
        f"| `{path.name}` | {path.stat().st_size / 1e6:.2f} MB |" for path in sorted(folder.glob("*.onnx"))
    )
    card = _CARD.format(
        version=folder.name,
        families=families,
        sizes=sizes,
        keyword=scores.keyword_precision_at_10,
        millions=provenance.parameters / 1e6,
        **{key: value for key, value in asdict(scores).items() if key != "keyword_precision"},
        **{key: value for key, value in asdict(provenance).items() if key != "parameters"},
        dim=shape.dim,
        side_px=shape.side_px,
        context=shape.context,
    )
    (folder / "card.md").write_text(card, encoding="utf-8")


def _section(title: str, values: dict[str, str | int | float]) -> str:
    lines = [f"[{title}]"] if title else []
    for name, value in values.items():
        shown = f'"{value}"' if isinstance(value, str) else f"{value:.4f}" if isinstance(value, float) else str(value)
        lines.append(f"{name} = {shown}")
    return "\n".join(lines) + "\n"


_CARD = """\
# scene-demo {version}

A dual encoder of {millions:.2f} million parameters: pictures and words in one space of {dim} dimensions.
**It knows generated scenes, not real photos. For real photos bring real weights** (`daguerre models import`).

## What it knows
The scenes of `daguerre.library`: ten places (beach, sea, mountains, city, forest, snow, meadow, desert, room,
lake), four times of day, five weathers, ten subjects with their colours and counts (up to three; four and more
are "several"), eight dishes, five sorts of documents, portraits with hair, glasses, clothes and the place
behind them. Its vocabulary is the couple of hundred words that the captions of these scenes use; every other
word is unknown to it.

## What it does not know
Real photos: an earlier encoder of this kind found objects in them no better than chance. Names, places on a
map, dates, emotions, text inside pictures, who somebody is, negation ("no dogs"), and words outside its
vocabulary. It must not be used to judge people.

## Numbers
Measured by `evaluate.py` through ONNX Runtime with photos that training never saw, each rendered at full size,
degraded, saved as JPEG, reduced to a 512-px proxy, saved again and scaled to the input, as the product does.

| over 1,000 held-out photos, one full caption each | |
|---|---|
| recall@1 | {recall_at_1:.3f} |
| recall@10 | {recall_at_10:.3f} |
| first photo has everything that was asked | {asked_at_1:.3f} |
| recall@1 with the 8-bit image tower | {int8_recall_at_1:.3f} |
| recall@10 with the 8-bit image tower | {int8_recall_at_10:.3f} |

Recall@1 counts only the caption's own photo. Some captions are true of several, so that an encoder that knows
everything would reach {recall_at_1_ceiling:.3f}.

| keyword queries, precision@10 over 2,000 held-out photos | |
|---|---|
{families}
| mean of the families | {keyword:.3f} |

Families hold the queries that at least ten photos answer. The image tower embeds {images_per_core_s:.0f} photos
per second of one core (float32, best batch of 64).

| file | size |
|---|---|
{sizes}

Weights are stored as float16 and widened when the graph is loaded; all arithmetic of `image.onnx` and `text.onnx` is
float32. `image.int8.onnx` is a static 8-bit copy of the convolutions; releases use `image.onnx`.

## Interface
`image`: `(n, {side_px}, {side_px}, 3) uint8`, RGB, both sides scaled (bilinear, anti-aliased); normalisation is
inside. `text`: `(n, {context}) int32` token ids of `tokenizer.json`, padded with 0. Both answer `embedding`,
float32 unit rows.

## Training
{images:,} generated photos, {steps:,} steps of {batch} photos with two phrases each (a caption of random detail
and a keyword query), seed {seed}, {seconds:,} core seconds ({device}). A contrastive loss that knows which
phrase is true of which photo. Nothing was downloaded. `python models/scene-demo/train.py --version {version}`
makes it again; floating-point arithmetic may differ between machines, the numbers above only slightly.

Licence: Apache-2.0, weights and code.
"""
