"""A tiny Dagster over real HTTP: as much GraphQL as the DAGs speak, and every way in which it can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = dict[str, Any]


@dataclass
class Piece:
    """A run or a backfill."""

    id: str
    status: str
    tags: dict[str, str]
    created: float = field(default_factory=time.time)
    reason: str = ""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def node(self) -> Answer:
        assets = [
            {"assetKey": {"path": [asset]}, "numPartitionsMaterialized": done, "numPartitionsTargeted": total}
            for asset, (done, total) in self.counts.items()
        ]
        return {
            "id": self.id,
            "status": self.status,
            "tags": [{"key": key, "value": value} for key, value in self.tags.items()],
            "error": None,
            "assetBackfillData": {"assetBackfillStatuses": assets},
        }


@dataclass
class FakeDagster:
    """What the server knows, and what it was asked: (operation, variables) in order.

    Attributes:
        deaf: While true, every request is answered as a proxy does whose server is away.
        mute: Operations that are carried out although their answer never arrives.
        refuses: Operation to the message it is refused with.
    """

    assets: dict[str, Answer] = field(default_factory=dict)
    runs: dict[str, Piece] = field(default_factory=dict)
    backfills: dict[str, Piece] = field(default_factory=dict)
    asked: list[tuple[str, Answer]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    mute: set[str] = field(default_factory=set)
    deaf: bool = False

    def count(self, operation: str) -> int:
        return sum(asked == operation for asked, _ in self.asked)

    def variables(self, operation: str) -> Answer:
        return next(variables for asked, variables in self.asked if asked == operation)

    def add_asset(
        self, name: str, *, lacking: tuple[str, ...] = (), failed: tuple[str, ...] = (), now: str = ""
    ) -> None:
        self.assets[name] = {
            "assetKey": {"path": name.split("/")},
            "repository": {"name": "__repository__", "location": {"name": "here"}},
            "partitions": {
                "unmaterializedPartitions": list(lacking),
                "failedPartitions": list(failed),
                "materializingPartitions": [now] if now else [],
            },
        }

    def answer(self, operation: str, variables: Answer) -> Any:
        if message := self.refuses.get(operation):
            return {"__typename": "PythonError", "message": message}
        answers: dict[str, Callable[[Answer], Any]] = {
            "Assets": self._assets,
            "LaunchBackfill": self._launch_backfill,
            "LaunchRun": self._launch_run,
            "ReexecuteBackfill": lambda v: self._launched_backfill(self.backfills[v["id"]].tags),
            "ReexecuteRun": lambda v: self._launched_run(self.runs[v["id"]].tags),
            "CancelBackfill": lambda v: self._cancel(self.backfills, v, "CancelBackfillSuccess"),
            "CancelRun": lambda v: self._cancel(self.runs, v, "TerminateRunSuccess"),
            "Backfill": lambda v: self._found(self.backfills, v, "PartitionBackfill"),
            "Run": lambda v: self._found(self.runs, v, "Run"),
            "Backfills": self._list_backfills,
            "Runs": self._list_runs,
            "RunFailures": self._failures,
        }
        return answers[operation](variables)

    def _assets(self, variables: Answer) -> Any:
        wanted = ["/".join(key["path"]) for key in variables["assets"]]
        return [self.assets[name] for name in wanted if name in self.assets]

    def _launch_backfill(self, variables: Answer) -> Answer:
        return self._launched_backfill(_tags(variables["backfill"]["tags"]))

    def _launched_backfill(self, tags: dict[str, str]) -> Answer:
        piece = Piece(f"b{len(self.backfills) + 1}", "REQUESTED", dict(tags))
        self.backfills[piece.id] = piece
        return {"__typename": "LaunchBackfillSuccess", "id": piece.id}

    def _launch_run(self, variables: Answer) -> Answer:
        return self._launched_run(_tags(variables["run"]["executionMetadata"]["tags"]))

    def _launched_run(self, tags: dict[str, str]) -> Answer:
        piece = Piece(f"r{len(self.runs) + 1}", "STARTED", dict(tags))
        self.runs[piece.id] = piece
        return {"__typename": "LaunchRunSuccess", "run": {"id": piece.id}}

    def _cancel(self, pieces: dict[str, Piece], variables: Answer, success: str) -> Answer:
        pieces[variables["id"]].status = "CANCELED"
        return {"__typename": success}

    def _found(self, pieces: dict[str, Piece], variables: Answer, success: str) -> Answer:
        piece = pieces.get(variables["id"])
        return {"__typename": success} | piece.node() if piece else {"__typename": "NotFoundError", "message": "lost"}

    def _list_backfills(self, variables: Answer) -> Answer:
        found = [piece for piece in self.backfills.values() if piece.created > variables["since"]][::-1]
        names = [piece.id for piece in found]
        start = names.index(variables["cursor"]) + 1 if variables["cursor"] else 0
        page = found[start : start + variables["limit"]]
        return {"__typename": "PartitionBackfills", "results": [piece.node() for piece in page]}

    def _list_runs(self, variables: Answer) -> Answer:
        wanted = variables["filter"]
        found = [
            piece
            for piece in reversed(self.runs.values())
            if piece.id in wanted.get("runIds", [piece.id])
            and piece.status in wanted.get("statuses", [piece.status])
            and _tags(wanted.get("tags", [])).items() <= piece.tags.items()
        ]
        return {"__typename": "Runs", "results": [piece.node() for piece in found[: variables["limit"]]]}

    def _failures(self, variables: Answer) -> Answer:
        cause = {"message": "outer", "errorChain": [{"error": {"message": self.runs[variables["id"]].reason}}]}
        step = {"__typename": "ExecutionStepFailureEvent", "stepKey": "photos", "error": cause}
        events = [{"__typename": "LogMessageEvent"}] if variables["cursor"] is None else [step]
        return {
            "__typename": "EventConnection",
            "cursor": "1",
            "hasMore": variables["cursor"] is None,
            "events": events,
        }


def _tags(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


@contextmanager
def serving(dagster: FakeDagster) -> Iterator[str]:
    """Serve on a free port of loopback; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if dagster.deaf:
                self.send_error(502)
                return
            operation = request["query"].split("(")[0].split()[-1]
            dagster.asked.append((operation, request["variables"]))
            body = json.dumps({"data": {"answer": dagster.answer(operation, request["variables"])}}).encode()
            if operation in dagster.mute:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
