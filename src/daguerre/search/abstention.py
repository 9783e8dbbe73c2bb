"""When to say that nothing good was found: the score from which on an answer of one space counts as one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from daguerre import layout
from daguerre.errors import DaguerreError
from daguerre.ids import SpaceName
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

#: What a query is made of. Only words are judged: pictures resemble pictures on another scale, and nobody has golden
#: queries of pictures that nothing resembles.
Kind = Literal["text", "photo", "image"]


class AbstentionError(DaguerreError):
    """The record of which answers count cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Abstention:
    """What was learnt from the golden queries of one space; the rates are of queries held out.

    Attributes:
        threshold: An answer whose best score is lower is no good one; None: too little is known to withhold any.
        statistic: What is compared with the threshold.
        rule: How the threshold was chosen: `balanced`, `cautious` (too few queries without a match), `none`.
        false_answer_rate: Share of the queries without a match that are answered all the same.
        false_answer_interval: Its 95 % interval.
        recall_loss: Share of the relevant hits in the first ten that are withheld.
        recall_loss_interval: Its 95 % interval.
        queries: Queries by words that have a match.
        no_match_queries: Queries by words that have none.
        meets_targets: Both rates keep to their targets, and enough was asked to say so.
        calibrated_at: Aware UTC.
    """

    space: SpaceName
    threshold: float | None
    statistic: str
    rule: str
    false_answer_rate: float
    false_answer_interval: tuple[float, float]
    recall_loss: float
    recall_loss_interval: tuple[float, float]
    queries: int
    no_match_queries: int
    meets_targets: bool
    calibrated_at: datetime

    def withholds(self, best: float) -> bool:
        """Say whether an answer whose best score is `best` is no good one."""
        return self.threshold is not None and best < self.threshold


def read_abstention(ws: Workspace, space: SpaceName) -> Abstention | None:
    """Return what is known of a space, or None before its golden queries were asked.

    Raises:
        AbstentionError: the record is not one of this version.
    """
    key = layout.abstention(space)
    try:
        fields = json.loads(ws.store.get(key))
    except ObjectNotFoundError:
        return None
    except ValueError as e:
        raise _unreadable(key, e) from e
    try:
        return Abstention(
            **{
                **fields,
                "false_answer_interval": tuple(fields["false_answer_interval"]),
                "recall_loss_interval": tuple(fields["recall_loss_interval"]),
                "calibrated_at": datetime.fromisoformat(fields["calibrated_at"]),
            }
        )
    except (ValueError, KeyError, TypeError) as e:
        raise _unreadable(key, e) from e


def usable_abstention(ws: Workspace, space: SpaceName) -> Abstention | None:
    """Return what is known of a space; None where nothing is known, or nothing that can be read.

    A record that cannot be read must not keep a space from answering, nor its guards from looking.
    """
    try:
        return read_abstention(ws, space)
    except AbstentionError:
        return None


def write_abstention(ws: Workspace, abstention: Abstention) -> None:
    """Keep the record of a space; readers see the old one or this one."""
    fields = {**asdict(abstention), "calibrated_at": abstention.calibrated_at.isoformat()}
    ws.store.put(layout.abstention(abstention.space), json.dumps(fields, indent=1, sort_keys=True).encode())


def _unreadable(key: str, error: Exception) -> AbstentionError:
    return AbstentionError(f"{key} ({error!r})", fix="Materialise search_quality for this space again, or delete it.")
