"""Where an owner's exclusion rules are kept: version N is created on condition that it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from daguerre import layout
from daguerre.curation.exclusion_rules import ExclusionRules
from daguerre.ids import OwnerId
from daguerre.storage.ports import ObjectExistsError
from daguerre.workspace import Workspace


def read_rules(ws: Workspace, owner: OwnerId) -> ExclusionRules:
    """Return what the owner asks for now. Raises ExclusionError."""
    newest = max((info.key for info in ws.store.list(layout.exclusions(owner))), default="")
    return ExclusionRules.from_json(ws.store.get(newest)) if newest else ExclusionRules()


def change_rules(ws: Workspace, owner: OwnerId, change: Callable[[ExclusionRules], ExclusionRules]) -> ExclusionRules:
    """Keep what `change` makes of the rules as their next version; it is asked again when somebody was faster.

    Rules that stay as they are get no new version.
    """
    while True:
        before = read_rules(ws, owner)
        after = replace(change(before), number=before.number)
        if after == before:
            return before
        after = replace(after, number=before.number + 1)
        try:
            ws.store.create(f"{layout.exclusions(owner)}{after.number:08d}.json", after.to_json())
        except ObjectExistsError:
            continue
        return after


def owners_with_rules(ws: Workspace) -> list[OwnerId]:
    """Return who ever said something, in order."""
    folders = {info.key.removeprefix(layout.EXCLUSIONS).split("/")[0] for info in ws.store.list(layout.EXCLUSIONS)}
    return sorted(OwnerId(unquote(folder)) for folder in folders)
