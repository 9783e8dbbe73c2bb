"""Learn what makes the best frame of a burst, and print the weights that best_shot.py holds.

    python -m benchmarks.learn_best_shot [--bursts 400]

Bursts of painted scenes go through the real signal extractor; simulated owners choose by the true quality, which the
signals never see. The cascade finds faces on one painted frame in forty: the two weights of faces are not learnt here.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from rich.console import Console

from daguerre.curation.best_shot import LEARNT, SET_BY_HAND
from daguerre.curation.frame_features import frame_features
from daguerre.curation.preference import Preference, learn
from tests.fakes.frames import Shooting, choices, shooting

#: Seeds below are for tests.
FIRST_SEED = 1000


def learnt(bursts: Sequence[Shooting]) -> Preference:
    """Learn from the choices in these bursts; weights that are set by hand are left out."""
    groups = [
        {
            name: values
            for name, values in frame_features(burst.columns, burst.rows).items()
            if name not in SET_BY_HAND.weight
        }
        for burst in bursts
    ]
    return learn(groups, [choices(seed, burst) for seed, burst in enumerate(bursts)])


def pairwise(bursts: Sequence[Shooting], preference: Preference) -> tuple[float, float]:
    """Return the share of all pairs of frames in the true order, and of pairs that the chosen frame truly wins."""
    right, won = [], []
    for burst in bursts:
        worth, truth = preference.worth(frame_features(burst.columns, burst.rows)), burst.quality
        a, b = np.triu_indices(len(truth), 1)
        right += ((worth[a] > worth[b]) == (truth[a] > truth[b])).tolist()
        best = int(worth.argmax())
        won += (truth[best] > np.delete(truth, best)).tolist()
    return float(np.mean(right)), float(np.mean(won))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bursts", type=int, default=400)
    bursts, console = parser.parse_args().bursts, Console(width=120)
    made = [shooting(FIRST_SEED + i, engaged=i % 2 == 1) for i in range(bursts)]
    found = learnt(made)
    for name in found.weight:
        console.print(f'"{name}": weight {found.weight[name]:.2f}, unit {found.unit[name]:.3f}')
    held_out = [shooting(FIRST_SEED + bursts + i) for i in range(bursts // 4)]
    for name, preference in {"learnt now": found, "as in best_shot.py": LEARNT}.items():
        right, won = pairwise(held_out, preference)
        console.print(f"{name}, held out, pixels alone: all pairs {right:.3f}, pairs won by the chosen frame {won:.3f}")


if __name__ == "__main__":
    main()
