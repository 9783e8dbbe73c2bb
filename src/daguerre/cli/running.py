"""What `run`, `demo` and `rejected --retry` have in common: an encoder in production, and open work carried out."""

from __future__ import annotations

import getpass

from daguerre.cli.orchestrate import Outcome, Plan, execute
from daguerre.encoders.spec import EncoderSpec
from daguerre.ids import SpaceName
from daguerre.landing.manifest import count_objects
from daguerre.registry.log import aliases, promote
from daguerre.registry.releases import load_release, register
from daguerre.stages.concepts import stale_concepts
from daguerre.tables.ledger import ledger
from daguerre.workspace import Workspace

#: The encoder that ships with Daguerre; it knows generated scenes.
SHIPPED = "models/scene-demo/v2"


def production_encoder(ws: Workspace, shipped: str = SHIPPED) -> tuple[EncoderSpec, bool]:
    """Return the release that production points at, and whether this call registered and promoted the shipped one.

    `shipped` is the folder of the release that is there when nothing else is.
    """
    product = ws.settings.product
    digest = aliases(ws, product).get("production")
    if digest:
        return load_release(ws, digest).spec, False
    spec = register(ws, ws.settings.project / shipped)
    promote(ws, "production", spec.digest, actor=getpass.getuser(), reason="first run: the encoder that is shipped")
    return spec, True


def live_spaces(ws: Workspace) -> tuple[SpaceName, ...]:
    """Return the spaces that new photos are embedded into: one per release that an alias names."""
    digests = sorted(set(aliases(ws, ws.settings.product).values()))
    return tuple(load_release(ws, digest).spec.space for digest in digests)


def carry_out(
    ws: Workspace, *, spaces: tuple[SpaceName, ...], retry: tuple[str, ...] = (), quiet: bool = False
) -> Outcome:
    """Run everything that is open: batches with pending work or never finished, indexes and concepts gone stale."""
    objects = count_objects(ws.store)
    batches = list(objects)
    unfinished = tuple(sorted({row.batch for row in ledger(ws) if row.pending}))
    total = sum(objects[batch] for batch in batches if batch in {*unfinished, *retry})
    stale = stale_concepts(ws)
    production = production_encoder(ws)[0].space if stale else ""
    relabel = tuple(f"{batch}|{production}" for batch in stale)
    plan = Plan(batches=tuple(batches), spaces=tuple(spaces), unfinished=unfinished, retry=retry, relabel=relabel)
    return execute(plan, ws.settings, total=total, quiet=quiet)
