"""What all jobs about releases have in common: the library's words when it refuses, and the mirror afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import dagster as dg

from assets.evidence import shown_event
from assets.mirror import mirror
from assets.resources import Daguerre
from assets.showing import records
from daguerre.errors import DaguerreError
from daguerre.registry.events import Event
from daguerre.workspace import Workspace


@contextmanager
def moving(context: dg.OpExecutionContext, daguerre: Daguerre) -> Iterator[Workspace]:
    """Open the workspace; fail with what the library says, and mirror the log whatever happened.

    A refusal is not tried again: it would be the same.
    """
    from daguerre.lifecycle.promotion import PromotionForbiddenError

    ws = daguerre.workspace(context.run_id)
    try:
        yield ws
    except DaguerreError as e:
        rules = [asdict(missing) for missing in e.missing] if isinstance(e, PromotionForbiddenError) else []
        metadata = {"missing": records(rules)} if rules else {}
        raise dg.Failure(description=str(e), metadata=metadata, allow_retries=False) from None
    finally:
        _mirror(context, ws)


def _mirror(context: dg.OpExecutionContext, ws: Workspace) -> None:
    """Copy the log; what was done stands whether or not that works, and the sensor copies it later."""
    try:
        mirror(context.instance, ws)
    except Exception as e:
        context.log.warning("The history of encoder_release could not be written: %s", e)


def show_event(context: dg.OpExecutionContext, ws: Workspace, event: Event | None) -> None:
    """Show what a move wrote into the log; None: the log said so already."""
    said = {"said": dg.MetadataValue.text("Nothing to do: it is so already.")}
    context.add_output_metadata(shown_event(ws, event) if event else said)


def one_op_job(name: str, op: dg.OpDefinition, description: str) -> dg.JobDefinition:
    """Return the job that does one thing; its form is the op's."""
    return dg.GraphDefinition(name=name, node_defs=[op], description=description).to_job()
