"""Themes are whole, balanced, true to what was planted, and stay themselves while a library grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from daguerre.curation.exploration import RULES, Theme, balanced, explore
from tests.fakes.lives import moved, unit

WORDS = ("dog", "beach", "snow", "food", "car", "city", "flower", "bird")


@dataclass(frozen=True, kw_only=True, eq=False)
class Planted:
    ids: np.ndarray
    vectors: np.ndarray
    concept: np.ndarray
    theme: np.ndarray

    def explored(self, rows=slice(None), before: list[Theme] | tuple[()] = (), seed: int = RULES.seed) -> list[Theme]:
        rules = type(RULES)(seed=seed)
        return explore(self.ids[rows], self.vectors[rows], self.concept[rows], before, rules)


def planted(seed: int, n: int = 800, dim: int = 64) -> Planted:
    """Return photos of eight themes of different sizes; a fifth of the concepts is wrong or missing."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(len(WORDS), dim)))
    theme = rng.choice(len(WORDS), n, p=np.arange(2, 10) / 44)
    vectors = np.array([moved(rng, centres[t], float(rng.uniform(0.15, 0.45))) for t in theme], np.float32)
    wrong = rng.random(n) < 0.2
    concept = np.array(WORDS, object)[np.where(wrong, rng.integers(0, len(WORDS), n), theme)]
    concept[rng.random(n) < 0.05] = ""
    ids = np.array([f"{i:032x}" for i in rng.permutation(n)], object)
    return Planted(ids=ids, vectors=vectors, concept=concept, theme=theme)


def key_of(themes: list[Theme], *, top: bool = True) -> dict[str, str]:
    return {photo: theme.key for theme in themes if bool(theme.parent) != top for photo in theme.photo_ids}


@pytest.mark.parametrize("seed", range(3))
def test_every_photo_is_in_one_theme_and_parts_divide_theirs(seed: int) -> None:
    lib = planted(seed)
    themes = lib.explored()
    tops = [theme for theme in themes if not theme.parent]
    assert sorted(photo for theme in tops for photo in theme.photo_ids) == sorted(lib.ids)
    for top in tops:
        parts = [theme for theme in themes if theme.parent == top.key]
        if parts:
            assert sorted(photo for part in parts for photo in part.photo_ids) == sorted(top.photo_ids)
            assert len({part.label for part in parts}) == len(parts)
    assert len({theme.key for theme in themes}) == len(themes)
    assert max(len(top.photo_ids) for top in tops) <= np.ceil(RULES.slack * len(lib.ids) / RULES.top)


@pytest.mark.parametrize("seed", range(3))
def test_photos_of_a_theme_belong_together_and_its_label_says_what_they_show(seed: int) -> None:
    lib = planted(seed)
    true = dict(zip(lib.ids.tolist(), lib.theme.tolist(), strict=True))
    pure = named = 0
    for theme in (t for t in lib.explored() if not t.parent):
        kinds, counts = np.unique([true[photo] for photo in theme.photo_ids], return_counts=True)
        pure += counts.max()
        named += len(theme.photo_ids) * (theme.label.split(", ")[0] == WORDS[kinds[counts.argmax()]])
    assert pure / len(lib.ids) >= 0.9
    assert named / len(lib.ids) >= 0.9


@pytest.mark.parametrize("seed", range(3))
def test_themes_stay_themselves_while_the_library_grows(seed: int) -> None:
    lib = planted(seed)
    grown = slice(0, 760)
    before = lib.explored(grown)
    after = lib.explored(before=before)
    old, new, afresh = key_of(before), key_of(after), key_of(lib.explored(seed=99))
    stay = np.mean([new[photo] == key for photo, key in old.items()])
    by_chance = np.mean([afresh[photo] == key for photo, key in old.items()])
    assert stay >= 0.9
    assert stay >= by_chance + 0.3
    label_of = {theme.key: theme.label for theme in before if not theme.parent}
    kept = [label_of[t.key] == t.label for t in after if not t.parent and t.key in label_of]
    assert np.mean(kept) >= 0.75
    assert lib.explored(grown, before=before) == lib.explored(grown, before=before)


def test_the_order_of_the_rows_decides_nothing() -> None:
    lib = planted(5)
    assert lib.explored(np.random.default_rng(0).permutation(len(lib.ids))) == lib.explored()


@pytest.mark.parametrize("n", [0, 1, 30])
def test_small_libraries_are_one_theme_at_most(n: int) -> None:
    themes = planted(1).explored(slice(0, n))
    assert [len(theme.photo_ids) for theme in themes] == ([n] if n else [])


def test_a_full_theme_sends_its_least_sure_photos_on() -> None:
    similar = np.array([[0.9, 0.1], [0.8, 0.7], [0.9, 0.2], [0.6, 0.55]])
    assert balanced(similar, 2).tolist() == [0, 1, 0, 1]
    assert balanced(similar, 4).tolist() == [0, 0, 0, 0]
