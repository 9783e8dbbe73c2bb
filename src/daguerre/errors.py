"""The root of every error that Daguerre raises on purpose."""

from __future__ import annotations


class DaguerreError(Exception):
    """Something that Daguerre understands went wrong."""

    #: Exit code of the command line when this error ends a command.
    exit_code = 1

    def __init__(self, what: str = "", *, fix: str = "") -> None:
        """Say what happened and to which object (`what`), and the way out (`fix`).

        The docstring of the class is the first sentence of the message.
        """
        headline = (type(self).__doc__ or "").strip().splitlines()[0]
        message = f"{headline.rstrip('.')}: {what}" if what else headline
        super().__init__(f"{message}. {fix}" if fix else message)
        self.what = what
        self.fix = fix


class SettingsError(DaguerreError):
    """A setting cannot be used."""

    exit_code = 2


class NotFoundError(DaguerreError):
    """Nothing is stored under that name."""

    exit_code = 3
