from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from daguerre.index.filters import BadFilterError, Filters
from daguerre.search.question import LARGEST_K, Question, about_image, about_photo, about_text
from daguerre.search.service import SearchError
from tests.fakes.routes import ToyService, route

PICTURE = np.zeros((2, 3, 3), np.uint8)
NOTHING: dict = {"owner": None, "k": 5, "filters": None}


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (about_text("red", **NOTHING), "red"),
        (about_image(PICTURE, **NOTHING), "picture 0"),
        (about_photo("p", **NOTHING), "p"),
    ],
)
def test_a_question_asks_the_service_what_it_was_made_of(made: Question, asked: str) -> None:
    service = ToyService(space=route("a").space)
    assert made.ask(service) == service.by_text(asked, k=5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: about_text("", **NOTHING),
        lambda: about_text(" \t\n", **NOTHING),
        lambda: about_text("half a \ud83d", **NOTHING),
        lambda: about_text("red", **NOTHING | {"owner": "\udc80"}),
        lambda: about_text("red", **NOTHING | {"filters": Filters(place="\udc80")}),
        lambda: about_text("red", **NOTHING | {"k": 0}),
        lambda: about_photo("p", **NOTHING | {"k": LARGEST_K + 1}),
        lambda: about_photo("\udfff", **NOTHING),
        lambda: about_image(PICTURE.astype(np.float32), **NOTHING),
        lambda: about_image(PICTURE[..., :2], **NOTHING),
        lambda: about_image(PICTURE[0], **NOTHING),
        lambda: about_image(np.zeros((0, 3, 3), np.uint8), **NOTHING),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anybody_is_asked(make: Callable[[], Question]) -> None:
    with pytest.raises(SearchError):
        make()


def test_filters_are_checked_with_the_question() -> None:
    with pytest.raises(BadFilterError, match="hologram"):
        about_text("red", **NOTHING | {"filters": Filters(media="hologram")})
