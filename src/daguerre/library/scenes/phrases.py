"""Words together with exactly what they ask for, so that what answers them is never a matter of opinion."""

from __future__ import annotations

from dataclasses import dataclass, field

from daguerre.library.scenes.portraits import identity
from daguerre.library.scenes.scene import Scene

Fact = str | int | bool
#: Names of the facts that a phrase may ask for.
FACTS = (
    "kind", "place", "time", "weather", "obj", "count", "color", "food", "doc", "style", "surface", "hair", "glasses",
)  # fmt: skip
#: From four on, people say that there are several.
SEVERAL = 4


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A caption or query.

    Attributes:
        text: The words.
        asks: The facts that they name; a scene answers the phrase when all of them are true of it.
    """

    text: str
    asks: dict[str, Fact] = field(default_factory=dict)

    def answered_by(self, scene: Scene) -> bool:
        """Return whether everything that the phrase asks for is true of the scene."""
        known = facts(scene)
        return all(known[name] == value for name, value in self.asks.items())


def facts(scene: Scene) -> dict[str, Fact]:
    """Return every fact of `FACTS` about a scene; what does not apply is empty."""
    known: dict[str, Fact] = {name: getattr(scene, name, "") for name in FACTS}
    known["count"] = min(scene.count, SEVERAL)
    alone = identity(scene.people[0]) if scene.kind == "portrait" and scene.count == 1 and scene.people else None
    known["hair"] = alone.hair if alone else ""
    known["glasses"] = alone.glasses if alone else False
    if scene.kind in ("food", "doc"):
        known["time"] = known["weather"] = ""
    if scene.place == "room" or scene.kind == "portrait":
        known["weather"] = ""
    return known
