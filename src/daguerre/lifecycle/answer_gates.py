"""Gates that judge what a candidate answered in its trial. Numbers in, verdicts out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from daguerre.encoders.golden import MAX_NORM_ERROR, Golden
from daguerre.lifecycle.gate import GateResult, measured
from daguerre.lifecycle.trial import AGAIN, Trial

RUNS = "runs"
GOLDEN = "golden"
UNIT_NORM = "unit_norm"
DETERMINISM = "determinism"


@dataclass(frozen=True, kw_only=True)
class GoldenCosines:
    """Smallest cosine to the golden vectors, by tower; None: no answer that could be compared."""

    image: float | None
    text: float | None


def golden_cosines(golden: Golden | None, trial: Trial | None) -> GoldenCosines:
    """Compare directions; lengths are another gate's. An answer that is not finite has cosine -1."""
    if golden is None or trial is None:
        return GoldenCosines(image=None, text=None)
    return GoldenCosines(
        image=lowest_cosine(trial.golden_images, golden.image_embeddings),
        text=lowest_cosine(trial.golden_texts, golden.text_embeddings),
    )


def runs_gate(trial: Trial | None, why: str) -> GateResult:
    """Ask whether the graphs load and answer within limits, in a process of their own."""
    if trial is None:
        return GateResult(name=RUNS, passed=False, said=why)
    if trial.errors:
        said = "; ".join(f"{name}: {error}" for name, error in list(trial.errors.items())[:3])
        return GateResult(name=RUNS, passed=False, value=float(len(trial.errors)), limit=0.0, said=said)
    return GateResult(name=RUNS, passed=True, value=0.0, limit=0.0, said="both towers load and answer")


def golden_gate(cosines: GoldenCosines, least: float, *, why_not: str = "") -> GateResult:
    """Ask whether the answers are those of the place where the release was made; `why_not`: unreadable vectors."""
    if why_not:
        return GateResult(name=GOLDEN, passed=False, limit=least, said=why_not)
    if cosines.image is None or cosines.text is None:
        said = f"no comparable answer to the golden {'pictures' if cosines.image is None else 'texts'}"
        return GateResult(name=GOLDEN, passed=False, limit=least, said=said)
    worst = min(cosines.image, cosines.text)
    said = f"cosine at least {cosines.image:.6f} for pictures, {cosines.text:.6f} for texts"
    return measured(GOLDEN, passed=worst >= least, value=worst, limit=least, said=said)


def norm_gate(trial: Trial) -> GateResult:
    """Ask whether every answer is finite and of length 1; there is at least one."""
    with np.errstate(invalid="ignore", over="ignore"):
        norms = np.concatenate([np.linalg.norm(a.astype(np.float64), axis=-1).ravel() for a in trial.answers])
    bad = int((~np.isfinite(norms)).sum())
    if bad:
        said = f"{bad} of {len(norms)} answers are not finite"
        return GateResult(name=UNIT_NORM, passed=False, limit=MAX_NORM_ERROR, said=said)
    error = float(np.abs(norms - 1.0).max())
    said = f"{len(norms)} answers, lengths from {norms.min():.4f} to {norms.max():.4f}"
    return measured(UNIT_NORM, passed=error <= MAX_NORM_ERROR, value=error, limit=MAX_NORM_ERROR, said=said)


def determinism_gate(trial: Trial, least: float) -> GateResult:
    """Ask whether the answer to one input is the same in every company, and the second time.

    A server puts strangers' photos into one batch; an answer that depends on them could not be indexed.
    """
    found: list[tuple[float, str]] = []
    for kind, sizes in trial.company.items():
        if not sizes:
            return GateResult(name=DETERMINISM, passed=False, limit=least, said=f"{kind}: no answer to compare")
        alone = min(sizes)
        pairs = [(f"batches of {n} and of {alone}", sizes[alone], rows) for n, rows in sizes.items() if n != alone]
        if kind in trial.again:
            pairs.append(("the first and the second time", sizes.get(AGAIN, sizes[alone]), trial.again[kind]))
        for name, one, other in pairs:
            n = min(len(one), len(other))
            cosine = lowest_cosine(other[:n], one[:n])
            if cosine is not None:
                found.append((cosine, f"{kind}: cosine {cosine:.6f} between {name}"))
    worst, where = min(found, key=lambda entry: entry[0], default=(1.0, "nothing was asked twice"))
    return measured(DETERMINISM, passed=worst >= least, value=worst, limit=least, said=where)


def lowest_cosine(answers: npt.NDArray[np.float32] | None, wanted: npt.NDArray[np.float32]) -> float | None:
    """Return the smallest cosine between rows of equal number; None when shapes differ, -1 when one is not finite."""
    if answers is None or answers.shape != wanted.shape or not len(wanted):
        return None
    one, other = answers.astype(np.float64), wanted.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        cosines = np.einsum("ij,ij->i", one, other) / lengths
    return float(np.where(np.isfinite(cosines), np.minimum(cosines, 1.0), -1.0).min())
