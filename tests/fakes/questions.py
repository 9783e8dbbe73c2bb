"""Golden queries about batches that tests make."""

from __future__ import annotations

import json

from daguerre.quality.queries import QUERIES
from daguerre.workspace import Workspace
from tests.fakes.encoders import COLOURS


def ask_colours(ws: Workspace, *, photos: int) -> None:
    """One query per colour and owner of the first `photographed` batch, which deals colours over its sorted keys."""
    keys = sorted(f"{'abc'[i % 3]}/1-{i:05d}.jpg" for i in range(photos))
    lines = [
        {
            "id": f"{colour} {owner}",
            "kind": "text",
            "text": f"a {colour} photo",
            "owner_id": owner,
            "class": "colour",
            "relevant": [key for i, key in enumerate(keys) if i % 6 == n and key[0] == owner],
        }
        for n, colour in enumerate(COLOURS)
        for owner in "abc"
    ]
    ws.store.put(QUERIES, "\n".join(json.dumps(line) for line in lines).encode())
