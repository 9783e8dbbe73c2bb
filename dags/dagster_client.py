"""Dagster over HTTP: launch work, find it again, ask how it is, cancel it.

The client is synchronous. A trigger calls it in a thread; an operator just calls it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import httpx

from dags import dagster_queries as gql

#: Statuses of runs and backfills that go on by themselves; every other status is final.
ACTIVE = frozenset(
    {"NOT_STARTED", "MANAGED", "QUEUED", "STARTING", "STARTED", "REQUESTED", "FAILING", "CANCELING"},
)
SUCCEEDED = frozenset({"SUCCESS", "COMPLETED", "COMPLETED_SUCCESS"})

_PAGE = 50
#: Failed runs whose log is read for a reason; the others are named only.
_EXPLAINED = 10
_NAMED = 100


class DagsterError(Exception):
    """Dagster did not do what it was asked."""


class DagsterUnreachableError(DagsterError):
    """Dagster's web server does not answer; asking again later may help."""


class DagsterRefusedError(DagsterError):
    """Dagster answered that it will not."""


class UnknownAssetError(DagsterRefusedError):
    """Dagster knows no asset of that name."""


class Kind(StrEnum):
    """How Dagster is asked to materialise."""

    RUN = "run"
    """One run of one partition, at once."""
    BACKFILL = "backfill"
    """Any number of partitions; the backfill daemon cuts them into runs, at a tick every thirty seconds."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """A run or a backfill that Dagster has accepted.

    Attributes:
        successor: Id of the run that Dagster started in place of this failed one.
        replaced: Dagster retries this failed run by itself; `successor` may follow a moment later.
        error: What Dagster says went wrong with the whole.
        materialised: By asset: partitions done, partitions asked for. Known for backfills.
    """

    kind: Kind
    id: str
    status: str
    successor: str = ""
    replaced: bool = False
    error: str = ""
    materialised: Mapping[str, tuple[int, int]]

    @property
    def active(self) -> bool:
        """Whether the work goes on by itself."""
        return self.status in ACTIVE or self.replaced

    @property
    def succeeded(self) -> bool:
        """Whether Dagster calls it a success; `failures` may know better."""
        return self.status in SUCCEEDED


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A run that did not succeed, and why.

    Attributes:
        partition: Key of the partition, first and last of a range, or empty.
        step: First step that failed.
    """

    run_id: str
    partition: str
    step: str
    reason: str

    def __str__(self) -> str:
        where = self.partition or "the run"
        return f"{where}: {self.step + ': ' if self.step else ''}{self.reason} (run {self.run_id[:8]})"


class Dagster:
    """The web server of one Dagster deployment."""

    def __init__(self, url: str, *, timeout_s: float = 30) -> None:
        self.url = url.rstrip("/")
        self._timeout_s = timeout_s

    def page(self, kind: Kind, id: str) -> str:
        """Return the address of the page of a run or a backfill."""
        return f"{self.url}/runs/b/{id}" if kind is Kind.BACKFILL else f"{self.url}/runs/{id}"

    def launch_backfill(
        self, assets: Sequence[str], partitions: Sequence[str], *, title: str, tags: Mapping[str, str]
    ) -> str:
        """Ask for the partitions of the first assets of a selection, and for what descends from them within it.

        Assets of another partitioning are asked for the partitions that lie downstream. Returns the backfill's id.
        """
        backfill = {
            "assetSelection": _keys(assets),
            "partitionNames": list(partitions),
            "title": title,
            "tags": _tags(tags),
        }
        return str(self._ask(gql.LAUNCH_BACKFILL, "LaunchBackfillSuccess", backfill=backfill)["id"])

    def launch_run(self, assets: Sequence[str], partition: str, *, tags: Mapping[str, str]) -> str:
        """Ask for one run of the assets, for one partition if there is one; returns the run's id.

        Raises:
            UnknownAssetError: an asset is not there.
        """
        repository = self._nodes(assets)[0]["repository"]
        run = {
            "selector": {
                "repositoryLocationName": repository["location"]["name"],
                "repositoryName": repository["name"],
                "jobName": "__ASSET_JOB",
                "assetSelection": _keys(assets),
            },
            "runConfigData": "{}",
            "executionMetadata": {"tags": _tags({**tags, **({"dagster/partition": partition} if partition else {})})},
        }
        return str(self._ask(gql.LAUNCH_RUN, "LaunchRunSuccess", run=run)["run"]["id"])

    def reexecute(self, kind: Kind, id: str) -> str:
        """Ask for what is still missing of finished work; returns the id of the new run or backfill."""
        if kind is Kind.BACKFILL:
            return str(self._ask(gql.REEXECUTE_BACKFILL, "LaunchBackfillSuccess", id=id)["id"])
        return str(self._ask(gql.REEXECUTE_RUN, "LaunchRunSuccess", id=id)["run"]["id"])

    def cancel(self, kind: Kind, id: str) -> None:
        """Ask Dagster to end the work; it takes a while to obey."""
        if kind is Kind.BACKFILL:
            self._ask(gql.CANCEL_BACKFILL, "CancelBackfillSuccess", id=id)
        else:
            self._ask(gql.CANCEL_RUN, "TerminateRunSuccess", id=id)

    def find(self, kind: Kind, tag: tuple[str, str], *, since: float) -> Work | None:
        """Return the newest work that carries the tag and was created after `since` (seconds of the epoch)."""
        key, value = tag
        if kind is Kind.RUN:
            wanted = {"tags": _tags({key: value}), "createdAfter": since}
            found = self._ask(gql.RUNS, "Runs", filter=wanted, limit=1)["results"]
            return _work(kind, found[0]) if found else None
        for node in self._backfills(since):
            if {"key": key, "value": value} in node["tags"]:
                return _work(kind, node)
        return None

    def look(self, kind: Kind, id: str) -> Work:
        """Return how the work stands."""
        if kind is Kind.BACKFILL:
            return _work(kind, self._ask(gql.BACKFILL, "PartitionBackfill", id=id))
        return _work(kind, self._ask(gql.RUN, "Run", id=id))

    def failures(self, kind: Kind, id: str) -> list[Failure]:
        """Return the runs that failed for good.

        A backfill can be a success to Dagster although a run of it failed: a blocking check that fails stops only what
        lies downstream in the same run.
        """
        wanted: dict[str, Any] = {"statuses": ["FAILURE", "CANCELED"]}
        wanted |= {"tags": _tags({"dagster/backfill": id})} if kind is Kind.BACKFILL else {"runIds": [id]}
        runs = self._ask(gql.RUNS, "Runs", filter=wanted, limit=_NAMED)["results"]
        final = [run for run in runs if not _work(Kind.RUN, run).replaced]
        return [self._failure(run, explained=number < _EXPLAINED) for number, run in enumerate(final)]

    def open_partitions(self, assets: Sequence[str]) -> list[str]:
        """Return the partitions that one of the assets lacks, without those that are being made right now.

        The assets are partitioned in one dimension, alike. Raises UnknownAssetError.
        """
        lacking: dict[str, None] = {}
        in_work: set[str] = set()
        for node in self._nodes(assets):
            partitions = node["partitions"]
            lacking |= dict.fromkeys([*partitions["unmaterializedPartitions"], *partitions["failedPartitions"]])
            in_work |= {*partitions["materializingPartitions"]}
        return sorted(key for key in lacking if key not in in_work)

    def _nodes(self, assets: Sequence[str]) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self._post(gql.ASSETS, {"assets": _keys(assets)})["answer"]
        known = {"/".join(node["assetKey"]["path"]) for node in nodes}
        if missing := [asset for asset in assets if asset not in known]:
            raise UnknownAssetError(f"{self.url} knows no asset {', '.join(missing)}; is the code location loaded?")
        return nodes

    def _backfills(self, since: float) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            answer = self._ask(gql.BACKFILLS, "PartitionBackfills", since=since, cursor=cursor, limit=_PAGE)
            yield from answer["results"]
            if len(answer["results"]) < _PAGE:
                return
            cursor = answer["results"][-1]["id"]

    def _failure(self, run: Mapping[str, Any], *, explained: bool) -> Failure:
        step, reason = self._reason(run["id"]) if explained else ("", run["status"])
        return Failure(run_id=run["id"], partition=_partition(run), step=step, reason=reason or run["status"])

    def _reason(self, run_id: str) -> tuple[str, str]:
        """Return the first step that failed and the innermost of its errors, else the run's own last word."""
        cursor, last_word = None, ""
        while True:
            page = self._ask(gql.RUN_FAILURES, "EventConnection", id=run_id, cursor=cursor)
            for event in page["events"]:
                if event["__typename"] == "ExecutionStepFailureEvent":
                    return event["stepKey"] or "", _innermost(event["error"])
                if event["__typename"] == "RunFailureEvent":
                    last_word = _innermost(event["error"]) or event["message"]
            if not page["hasMore"]:
                return "", last_word
            cursor = page["cursor"]

    def _ask(self, query: str, wanted: str, **variables: Any) -> dict[str, Any]:
        """Return the answer if it is of the wanted type.

        Raises:
            DagsterUnreachableError: no answer, or not one of Dagster.
            DagsterRefusedError: an answer of another type.
        """
        answer: dict[str, Any] = self._post(query, variables)["answer"]
        if answer["__typename"] != wanted:
            raise DagsterRefusedError(f"{answer['__typename']}: {answer.get('message', '').strip()}")
        return answer

    def _post(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        request = {"query": query, "variables": variables}
        try:
            # trust_env: a proxy of the shell must not stand between two processes of one deployment.
            response = httpx.post(
                f"{self.url}/graphql", json=request, timeout=self._timeout_s, trust_env=False, verify=_trusted()
            )
            if response.status_code >= 500:
                response.raise_for_status()
            body: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DagsterUnreachableError(f"{self.url} does not answer as Dagster does: {error!r}") from error
        if body.get("errors"):
            raise DagsterRefusedError("; ".join(error["message"] for error in body["errors"]))
        data: dict[str, Any] = body["data"]
        return data


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them costs more than a request, so it is done once."""
    return ssl.create_default_context()


def _keys(assets: Sequence[str]) -> list[dict[str, list[str]]]:
    return [{"path": asset.split("/")} for asset in assets]


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _work(kind: Kind, node: Mapping[str, Any]) -> Work:
    tags = {tag["key"]: tag["value"] for tag in node["tags"]}
    assets = (node.get("assetBackfillData") or {}).get("assetBackfillStatuses", [])
    return Work(
        kind=kind,
        id=node["id"],
        status=node["status"],
        successor=tags.get("dagster/auto_retry_run_id", ""),
        replaced=node["status"] == "FAILURE" and tags.get("dagster/will_retry") == "true",
        error=(node.get("error") or {}).get("message", "").strip(),
        materialised={
            "/".join(asset["assetKey"]["path"]): (asset["numPartitionsMaterialized"], asset["numPartitionsTargeted"])
            for asset in assets
            if "assetKey" in asset
        },
    )


def _partition(run: Mapping[str, Any]) -> str:
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    first, last = (tags.get(f"dagster/asset_partition_range_{end}", "") for end in ("start", "end"))
    return tags.get("dagster/partition") or (f"{first}..{last}" if first else "")


def _innermost(error: Mapping[str, Any] | None) -> str:
    if not error:
        return ""
    chain = error.get("errorChain") or []
    message: str = chain[-1]["error"]["message"] if chain else error["message"]
    return message.strip()
