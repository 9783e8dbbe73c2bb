from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daguerre.landing.names import to_name, to_text


@given(st.binary(min_size=1, max_size=40))
def test_every_name_has_a_text_and_comes_back(raw: bytes) -> None:
    text = to_text(os.fsdecode(raw))
    text.encode("utf-8")
    assert os.fsencode(to_name(text)) == raw


@given(st.lists(st.sampled_from([b"\\", b"x", b"f", b"5", b"c", b"\xff", b"\xc3", b"\xa9", b"a"]), max_size=12))
def test_names_that_look_like_marks(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    assert os.fsencode(to_name(to_text(os.fsdecode(raw)))) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"IMG_1.jpg", "IMG_1.jpg"), (b"caf\xe9.jpg", "caf\\xe9.jpg"), (b"a\\xe9", "a\\x5cxe9"), (b"a\\b", "a\\b")],
)
def test_what_the_text_looks_like(raw: bytes, text: str) -> None:
    assert to_text(os.fsdecode(raw)) == text
