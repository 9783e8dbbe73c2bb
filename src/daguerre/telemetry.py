"""What the program says about itself: progress to people, structured events to logs, nothing to vendors."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

#: Every dependency that reports home unless told otherwise is told otherwise, before it is imported.
_OFF = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "SCARF_NO_ANALYTICS": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "FEAST_USAGE": "False",
}


def silence_vendors() -> None:
    """Switch off the telemetry of every dependency for this process and its children."""
    for name, value in _OFF.items():
        os.environ.setdefault(name, value)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one stage of one batch is. `total` and `done` count photos or objects."""

    stage: str
    batch: str
    done: int
    total: int
    space: str = ""
    rejected: int = 0


#: Receives progress; called often, from the thread that runs the stage.
ProgressSink = Callable[[Progress], None]


def no_progress(_: Progress) -> None:
    """Drop the progress."""


def progress_line(progress: Progress) -> str:
    """Encode progress as one JSON line, for a parent process that draws it."""
    return json.dumps({"progress": asdict(progress)}, separators=(",", ":"))


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, logger, event and the fields given as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Encode one record."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json(level: int = logging.WARNING) -> None:
    """Send the library's events to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("daguerre")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
