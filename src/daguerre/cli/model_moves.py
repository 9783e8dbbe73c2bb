"""daguerre models shadow, canary, promote, rollback, retire, watch: what changes who answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.options import Actor, Json, Reason, ReleaseName, Share
from daguerre.errors import SettingsError
from daguerre.lifecycle.bake import Outcome
from daguerre.lifecycle.bake import watch as look
from daguerre.lifecycle.candidacy import nominate
from daguerre.lifecycle.finding import find
from daguerre.lifecycle.moves import spec_of
from daguerre.lifecycle.promotion import PromotionForbiddenError, missing_for, promote_release
from daguerre.lifecycle.requirements import Missing
from daguerre.lifecycle.retirement import retire as retire_release
from daguerre.lifecycle.rollback import roll_back
from daguerre.lifecycle.shares import end_shadow, set_canary, set_shadow
from daguerre.registry.events import Event
from daguerre.registry.log import read_state
from daguerre.registry.state import CANDIDATE, PRODUCTION
from daguerre.workspace import open_workspace


def shadow(release: ReleaseName, share: Share, reason: Reason, actor: Actor, json: Json = False) -> None:
    """Ask the candidate a share of the queries too, after they were answered; 0 ends it and keeps the comparison."""
    ws = open_workspace()
    digest = find(ws, release).digest
    if share:
        event = set_shadow(ws, digest, share, actor=actor, reason=reason)
    else:
        event = end_shadow(ws, digest, actor=actor, reason=reason)
    seen = event.evidence.get("seen") if event else None
    compared = f" It was compared on {seen['queries']:,} queries." if seen else ""
    _say(event, f"{share:.0%} of the queries are asked in the shadow.{compared}", json=json)


def canary(release: ReleaseName, share: Share, reason: Reason, actor: Actor, json: Json = False) -> None:
    """Let the candidate answer a share of the owners, always the same ones; the policy limits the steps."""
    ws = open_workspace()
    event = set_canary(ws, find(ws, release).digest, share, actor=actor, reason=reason)
    _say(event, f"{share:.0%} of the owners are answered by the candidate.", json=json)


def promote(
    release: ReleaseName,
    reason: Reason,
    actor: Actor,
    alias: Annotated[str, typer.Option(help="production, or candidate for `nominate`.")] = PRODUCTION,
    override: Annotated[
        list[str] | None, typer.Option(help="A rule that you answer for though it is not met; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Point production at a release, if the policy allows it; its probation begins.

    A refusal lists every rule that is not met and what mends it. Searches go on: who searches switches between two
    queries.
    """
    ws = open_workspace()
    spec = find(ws, release)
    if alias == CANDIDATE:
        event = nominate(ws, spec.digest, actor=actor, reason=reason)
        _say(event, f"{spec.space} is the candidate.", json=json)
        return
    if alias != PRODUCTION:
        raise SettingsError(f"--alias {alias}", fix="Say production or candidate; `previous` follows by itself.")
    unmet = {missing.rule for missing in missing_for(ws, spec.digest)} if override else set()
    answered = reason if unmet and unmet <= set(override or ()) else ""
    try:
        event = promote_release(ws, spec.digest, actor=actor, reason=reason, override_reason=answered)
    except PromotionForbiddenError as e:
        _draw_missing(str(spec.space), e.missing, json=json)
        raise typer.Exit(e.exit_code) from None
    baking = read_state(ws).baking
    until = f" Its probation ends at {baking.until:%Y-%m-%d %H:%M} UTC." if baking and event else ""
    _say(event, f"production points at {spec.space}.{until}", json=json)


def _draw_missing(space: str, missing: Sequence[Missing], *, json: bool) -> None:
    if json:
        print_json({"number": None, "changed": False, "missing": [asdict(one) for one in missing]})
        return
    rows = [[one.rule, one.said, one.fix] for one in missing]
    print_table(f"The policy forbids to promote {space}", ["rule", "what is missing", "what mends it"], rows)


def rollback(
    reason: Reason,
    actor: Actor,
    alias: Annotated[str, typer.Option(help="production, candidate or previous.")] = PRODUCTION,
    json: Json = False,
) -> None:
    """Take a release away from an alias: what answered before production answers again, at once."""
    ws = open_workspace()
    event = roll_back(ws, actor=actor, reason=reason, alias=alias)
    now = read_state(ws).pointers.get(PRODUCTION)
    answers = find(ws, now.release).space if now else "nothing"
    _say(event, f"{spec_of(ws, event.release).space} left {alias}; production points at {answers}.", json=json)


def retire(release: ReleaseName, reason: Reason, actor: Actor, json: Json = False) -> None:
    """Free the vectors, the index and the models of a release; refused while anything names it. Its files stay."""
    ws = open_workspace()
    freed = retire_release(ws, find(ws, release).digest, actor=actor, reason=reason)
    if json:
        print_json(asdict(freed))
    else:
        out.print(f"{freed.space} is retired: {freed.rows:,} vectors, {freed.bytes / 1e6:,.1f} MB freed.")


def watch(
    every: Annotated[
        float, typer.Option(help="Look again after so many seconds, as long as something is on trial.", min=0.0)
    ] = 0.0,
    json: Json = False,
) -> None:
    """Look at the guards of a probation or a canary: a breach rolls back by itself. Ends with 1 when one did."""
    ws = open_workspace()
    seen = look(ws)
    while every and seen.report.release and seen.what in {"baking", "nothing"}:
        _draw(seen, json=json)
        time.sleep(every)
        seen = look(ws)
    _draw(seen, json=json)
    if seen.what == "rolled back":
        raise typer.Exit(1)


def _draw(seen: Outcome, *, json: bool) -> None:
    if json:
        print_json({"outcome": seen.what} | asdict(seen.report))
        return
    figures = ", ".join(f"{name} {value:g}" for name, value in seen.report.figures.items())
    said = [part for part in (seen.report.reason() or figures, seen.report.wanting) if part]
    out.print(f"{seen.what}: {'; '.join(said) or 'nothing is on trial'}")


def _say(event: Event | None, said: str, *, json: bool) -> None:
    if json:
        print_json({"number": event.number if event else None, "changed": event is not None})
    else:
        out.print(said if event else f"{said} It was so already.")
