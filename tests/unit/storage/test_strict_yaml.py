from __future__ import annotations

import pytest

from daguerre.storage.strict_yaml import load_yaml


def test_plain_yaml():
    assert load_yaml("a: {b: [1, 2.5, x]}\n# why\nc: null\n") == {"a": {"b": [1, 2.5, "x"]}, "c": None}
    assert load_yaml("") is None


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "x:\n  - {a: 1, a: 1}\n", "x: {a: 1, 'a': 2}\n"])
def test_a_key_that_stands_twice(text):
    with pytest.raises(ValueError, match=r"line \d+: a is given twice"):
        load_yaml(text)


@pytest.mark.parametrize("text", ["a: [", "!!python/object/apply:os.getcwd []", "a: 1\n---\nb: 2\n", "? {a: 1}\n: 2\n"])
def test_what_is_no_plain_yaml(text):
    with pytest.raises(ValueError, match=r"\w"):
        load_yaml(text)
