"""Arguments and options that several commands share."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ReleaseName = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE", help="production, candidate or previous; a space; or at least 8 digits of the digest."
    ),
]
Reason = Annotated[str, typer.Option(help="Why, in one sentence; the log keeps it for good.")]
Actor = Annotated[str, typer.Option(help="Who does this.", default_factory=getpass.getuser, show_default="you")]
Share = Annotated[float, typer.Option(help="From 0 to 1; 0 ends it.", min=0.0, max=1.0)]
