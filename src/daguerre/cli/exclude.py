"""daguerre exclude: what an owner does not want to be reminded of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import typer

from daguerre.cli.console import out, print_json, print_table
from daguerre.cli.opening import reading_workspace
from daguerre.cli.show import find_photo
from daguerre.curation.exclusion_log import change_rules, read_rules
from daguerre.curation.exclusion_rules import Area, Days, ExclusionError, ExclusionRules
from daguerre.features.concepts import shipped_vocabulary
from daguerre.ids import OwnerId


def exclude(
    owner: Annotated[str, typer.Option(help="Whose memories.")],
    archive: Annotated[list[str] | None, typer.Option(help="A photo_id; it stays findable.")] = None,
    lock: Annotated[list[str] | None, typer.Option(help="A photo_id.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="Somebody, wherever they appear.")] = None,
    concept: Annotated[list[str] | None, typer.Option(help="A concept: food, car.")] = None,
    place: Annotated[list[str] | None, typer.Option(help="A place, as in 'Lisbon, PT'.")] = None,
    days: Annotated[list[str] | None, typer.Option(help="2024-05-01 or 2024-05-01..2024-05-09.")] = None,
    area: Annotated[list[str] | None, typer.Option(help="LAT,LON,KM: a circle.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take these rules away instead.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep photos out of an owner's memories, from this moment on. Without a rule, show those that hold.

    Memories that are stored are read through the new rules at once, and are made anew by the next run.
    """
    ws, mine = reading_workspace(), OwnerId(owner)
    asked: dict[str, list[Any]] = {
        "archived": [find_photo(ws, photo)["photo_id"] for photo in archive or ()],
        "locked": [find_photo(ws, photo)["photo_id"] for photo in lock or ()],
        "people": person or [],
        "classes": _concepts(concept or ()),
        "places": place or [],
        "days": [_days(text) for text in days or ()],
        "areas": [_area(text) for text in area or ()],
    }

    def change(rules: ExclusionRules) -> ExclusionRules:
        for name, values in asked.items():
            rules = rules.having(name, values, on=not undo)
        return rules

    rules = change_rules(ws, mine, change) if any(asked.values()) else read_rules(ws, mine)
    told = {name: sorted(map(str, map(_shown, getattr(rules, name)))) for name in asked}
    if json:
        print_json({"owner": owner, "number": rules.number, **told})
        return
    rows = [[name, value] for name, values in told.items() for value in values]
    print_table(f"{owner} is not reminded of (version {rules.number})", ["rule", "of"], rows or [["nothing", ""]])
    if any(asked.values()):
        out.print("It holds now. `daguerre memories` and the page show nothing of it any more.")


def _concepts(names: Iterable[str]) -> list[str]:
    known = shipped_vocabulary().names
    for name in names:
        if name not in known:
            raise ExclusionError(f"concept {name!r}", fix=f"There are: {', '.join(known)}.")
    return list(names)


def _days(text: str) -> Days:
    first, _, last = text.partition("..")
    try:
        return Days(first=date.fromisoformat(first), last=date.fromisoformat(last or first))
    except ValueError as e:
        raise ExclusionError(f"days {text!r}", fix="Write 2024-05-01 or 2024-05-01..2024-05-09.") from e


def _area(text: str) -> Area:
    try:
        lat, lon, km = map(float, text.split(","))
    except ValueError as e:
        raise ExclusionError(f"area {text!r}", fix="Write LAT,LON,KM, as in 38.72,-9.14,3.") from e
    return Area(lat=lat, lon=lon, km=km)


def _shown(value: str | Days | Area) -> str:
    if isinstance(value, Days):
        return f"{value.first}..{value.last}"
    return f"{value.lat},{value.lon},{value.km}" if isinstance(value, Area) else value
