"""Train the demo encoder on generated scenes.

    python models/scene-demo/train.py --version v2

writes `models/scene-demo/v2/`. Every step draws from (seed, step) alone and the state is saved every few minutes, so a
run that was stopped goes on where it was and ends with the numbers of an undisturbed one.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from dataset import MARGIN_PX, Split, load_or_render, scenes_of
from evaluate import HELD_OUT, Scores, evaluate
from export import export
from matching import FactCodes, answers
from release import Provenance, write_card, write_description, write_golden
from torch import Tensor
from torch.nn import functional
from towers import DualEncoder, Shape
from vocabulary import PAD, Vocabulary

from daguerre.library.scenes.captions import ask, describe
from daguerre.library.scenes.phrases import Phrase
from daguerre.library.scenes.scene import Scene

SEED = 20
CONTEXT = 24
SIDE_PX = 96
#: Training photos that tell the 8-bit copy which ranges to expect.
_CALIBRATION = 256


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What makes one version.

    Attributes:
        images: Generated photos to learn from.
        steps: Optimiser steps of `batch` photos and twice as many phrases.
        horizon: Step at which the learning rate's slow cosine would reach zero.
        cooldown: Last steps, in which the rate falls to zero in a straight line.
    """

    dim: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    images: int
    steps: int
    horizon: int
    cooldown: int
    batch: int = 256
    peak_rate: float = 1.5e-3
    weight_decay: float = 0.02


RECIPES = {
    "v1": Recipe(dim=64, widths=(32, 64, 96), depths=(1, 1, 1), images=10_000, steps=150, horizon=300, cooldown=75),
    "v2": Recipe(
        dim=128, widths=(48, 96, 192), depths=(1, 2, 2), images=40_000, steps=900, horizon=1_600, cooldown=300
    ),
}


def training_split(images: int) -> Split:
    """Return the photos to learn from; a smaller number is the beginning of a larger one."""
    return Split(seed=SEED, name="train", count=images, side_px=SIDE_PX + MARGIN_PX, served_share=0.05)


class Batches:
    """Draws the batch of a step: pictures cropped, mirrored and lit by chance, each with two phrases."""

    def __init__(
        self, pictures: npt.NDArray[np.uint8], scenes: list[Scene], vocabulary: Vocabulary, recipe: Recipe
    ) -> None:
        self.pictures, self.scenes, self.vocabulary, self.recipe = pictures, scenes, vocabulary, recipe
        self.codes = FactCodes()
        self.scene_codes = self.codes.of_scenes(scenes)

    def draw(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return pictures `(b, s, s, 3) uint8`, tokens `(2b, context)` and who answers whom `(2b, b) bool`.

        Phrases i and b + i were written for picture i.
        """
        rng = np.random.default_rng([SEED, 7, step])
        chosen = rng.choice(len(self.scenes), self.recipe.batch, replace=False)
        phrases = [self._caption(rng, self.scenes[index]) for index in chosen]
        phrases += [ask(rng, self.scenes[index]) for index in chosen]
        matching = answers(self.codes.of_phrases(phrases), self.scene_codes[chosen])
        tokens = self.vocabulary.encode([phrase.text for phrase in phrases])
        return torch.from_numpy(self._pictures(rng, chosen)), torch.from_numpy(tokens), torch.from_numpy(matching)

    @staticmethod
    def _caption(rng: np.random.Generator, scene: Scene) -> Phrase:
        return describe(rng, scene, full=bool(rng.random() < 0.65))

    def _pictures(self, rng: np.random.Generator, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        top, left = rng.integers(0, MARGIN_PX + 1, 2)
        batch = self.pictures[chosen, top : top + SIDE_PX, left : left + SIDE_PX]
        if rng.random() < 0.5:
            batch = batch[:, :, ::-1]
        gain = rng.uniform(0.88, 1.12, (len(chosen), 1, 1, 1)).astype(np.float32)
        return np.clip(batch * gain, 0, 255).astype(np.uint8)


def contrastive_loss(pictures: Tensor, texts: Tensor, scale: Tensor, matching: Tensor) -> Tensor:
    """Return the contrastive loss (Radford et al., 2021) that knows who answers whom.

    Generated scenes leave no doubt about what matches, so a phrase shares its probability among all pictures that
    answer it, and a picture is never pushed away from a phrase that is true of it.
    """
    count = len(pictures)
    logits = scale * texts @ pictures.T
    targets = matching / matching.sum(dim=1, keepdim=True)
    loss = -(targets * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()
    own = torch.arange(count, device=logits.device)
    for half in (slice(0, count), slice(count, 2 * count)):
        true_of_others = matching[half] & ~torch.eye(count, dtype=torch.bool, device=logits.device)
        columns = logits[half].masked_fill(true_of_others, -1e4).T
        loss = loss + 0.5 * functional.cross_entropy(columns, own)
    return loss / 2


def _trimmed(tokens: Tensor) -> Tensor:
    """Cut off the columns that are padding in every row: queries are a third as long as captions."""
    return tokens[:, : int((tokens != PAD).sum(dim=1).max())]


def rate_at(step: int, recipe: Recipe) -> float:
    """Return the learning rate: a short warm-up, a slow cosine, and a straight cool-down to nothing."""
    warm = min(1.0, (step + 1) / 60)
    slow = 0.5 * (1 + math.cos(math.pi * step / recipe.horizon)) + 0.005
    return recipe.peak_rate * warm * slow * min(1.0, (recipe.steps - step) / recipe.cooldown)


def train(version: str, *, cache: Path, workers: int) -> tuple[DualEncoder, Shape, Vocabulary, float]:
    """Train one version; return it with its shape, its words and the processor seconds that the steps took."""
    recipe = RECIPES[version]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    split = training_split(recipe.images)
    pictures, scenes = load_or_render(split, cache, workers=workers), scenes_of(split)
    vocabulary = Vocabulary.of(scenes[:8000], seed=SEED, context=CONTEXT)
    shape = Shape(
        dim=recipe.dim,
        side_px=SIDE_PX,
        widths=recipe.widths,
        depths=recipe.depths,
        words=len(vocabulary.ids),
        context=CONTEXT,
        text_width=128,
    )
    torch.manual_seed(SEED)
    model = DualEncoder(shape).to(device)
    model.image.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    state_file = cache / f"{version}.pt"
    first, seconds = _resume(state_file, model, optimiser)
    batches = Batches(pictures, scenes, vocabulary, recipe)
    model.train()
    for step in range(first, recipe.steps):
        began = time.process_time()
        images, tokens, matching = (tensor.to(device) for tensor in batches.draw(step))
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, recipe)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            picture_rows = model.image(images)
            text_rows = torch.cat([model.text(_trimmed(half)) for half in tokens.chunk(2)])
        loss = contrastive_loss(picture_rows.float(), text_rows.float(), model.log_scale.clamp(max=4.6).exp(), matching)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds += time.process_time() - began
        if (step + 1) % 50 == 0:
            print(f"{version} step {step + 1}/{recipe.steps} loss {loss.item():.3f} {seconds:.0f} s", flush=True)
        if (step + 1) % 200 == 0 or step + 1 == recipe.steps:
            _save(state_file, model, optimiser, step + 1, seconds)
    return model, shape, vocabulary, seconds


def _resume(state_file: Path, model: DualEncoder, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    if not state_file.exists():
        return 0, 0.0
    state = torch.load(state_file, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["seconds"]


def _save(state_file: Path, model: DualEncoder, optimiser: torch.optim.Optimizer, step: int, seconds: float) -> None:
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}
    partial = state_file.with_suffix(".partial")
    torch.save(state, partial)
    partial.rename(state_file)


def build(version: str, out: Path, *, cache: Path, workers: int) -> Scores:
    """Train, export, measure and describe one version in `out/version`; return what it can do."""
    recipe, folder = RECIPES[version], out / version
    model, shape, vocabulary, seconds = train(version, cache=cache, workers=workers)
    edge = MARGIN_PX // 2
    pictures = load_or_render(training_split(_CALIBRATION), cache, workers=workers)
    export(model, shape, pictures[:, edge : edge + SIDE_PX, edge : edge + SIDE_PX], folder)
    vocabulary.save(folder / "tokenizer.json")
    write_golden(folder, load_or_render(HELD_OUT, cache, workers=workers)[:8], vocabulary)
    scores = evaluate(folder, vocabulary, cache=cache, workers=workers)
    provenance = Provenance(
        seed=SEED,
        images=recipe.images,
        steps=recipe.steps,
        batch=recipe.batch,
        seconds=round(seconds),
        parameters=sum(weight.numel() for weight in model.parameters()),
        device=next(model.parameters()).device.type,
    )
    write_description(folder, shape, provenance, scores)
    write_card(folder, shape, provenance, scores)
    return scores


def main() -> None:
    """Build the versions that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", choices=[*RECIPES, "all"], default="all")
    parser.add_argument("--cache", type=Path, default=Path(".cache/scene-demo"), help="pictures and state of the run")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that render")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder that gets a folder per version")
    arguments = parser.parse_args()
    # more threads spin against each other on machines that other work shares
    torch.set_num_threads(1)
    for version in RECIPES if arguments.version == "all" else [arguments.version]:
        scores = build(version, arguments.out, cache=arguments.cache, workers=arguments.workers)
        print(f"{version}: recall@1 {scores.recall_at_1:.3f}, keywords {scores.keyword_precision_at_10:.3f}")


if __name__ == "__main__":
    main()
