"""What a task remembers across its tries, in Airflow's task state store."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

_KEY = "dagster"
#: Airflow's and Dagster's clocks may differ by so much.
_CLOCKS_DIFFER_S = 3600


@dataclass(frozen=True, kw_only=True)
class Memory:
    """How a task recognises what it has launched.

    Attributes:
        token: Carried as a tag by everything that the task launches.
        since: Seconds of the epoch; nothing of the task is older.
        failed: Partitions that failed in the try before.
    """

    token: str
    since: float
    failed: tuple[str, ...] = ()

    @classmethod
    def new(cls) -> Memory:
        """Return the memory of a task that has launched nothing yet."""
        return cls(token=uuid.uuid4().hex, since=time.time() - _CLOCKS_DIFFER_S)

    def failed_among(self, keys: Sequence[str]) -> list[str]:
        """Return those of the keys that failed, else all; `batch|space` is a key of the batch, too."""
        parts = {part for key in self.failed for part in key.split("|")}
        return [key for key in keys if key in parts] or list(keys)


def recall(context: Context) -> Memory | None:
    """Return what an earlier try wrote down."""
    found: Any = context["task_state_store"].get(_KEY)
    return Memory(token=found["token"], since=found["since"], failed=tuple(found["failed"])) if found else None


def remember(context: Context, memory: Memory) -> Memory:
    """Write the memory down before anything is done with it; returns it."""
    context["task_state_store"].set(_KEY, asdict(memory) | {"failed": list(memory.failed)})
    return memory


def forget(context: Context) -> None:
    """Let the next try begin anew."""
    context["task_state_store"].delete(_KEY)
