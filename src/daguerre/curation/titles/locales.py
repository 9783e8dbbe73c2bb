"""The locales that memories are told in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from daguerre.curation.titles.english import English
from daguerre.curation.titles.german import German
from daguerre.curation.titles.speech import Speech
from daguerre.errors import DaguerreError

DEFAULT_LOCALE = "en"
LOCALES: Mapping[str, Speech] = MappingProxyType({"en": English(), "de": German()})


class UnknownLocaleError(DaguerreError):
    """Memories are not told in this language."""

    exit_code = 2


def speech(locale: str) -> Speech:
    """Return how a locale tells of memories; `de-AT` and `de_AT.UTF-8` are German. Raises UnknownLocaleError."""
    language = locale.replace("_", "-").split("-")[0].lower()
    if language not in LOCALES:
        raise UnknownLocaleError(locale, fix=f"Use one of: {', '.join(sorted(LOCALES))}.")
    return LOCALES[language]
