"""A real Dagster with a stand-in for the product's code, and a real Airflow beside it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent

DAGSTER_YAML = """
telemetry: {enabled: false}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1, max_concurrent_runs: 2}
"""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Dagster's code server, web server and daemon."""

    url: str
    home: Path
    fails: Path

    @property
    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.home))

    def break_asset(self, asset: str, partition: str) -> Path:
        """Let an asset fail for a partition until the returned file is removed."""
        path = self.fails / f"{asset},{partition}"
        path.touch()
        return path


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """An Airflow without processes of its own: DAGs are tried out one at a time."""

    env: dict[str, str]
    home: Path

    def try_dag(self, dag_id: str, logical_date: str) -> tuple[dict[str, Any], str]:
        """Return the states after `dag.test()`, and all that was said meanwhile."""
        outcome = self.home / "outcome.json"
        outcome.unlink(missing_ok=True)
        done = run(
            [sys.executable, "-m", "tests.integration.dags.try_dag", ROOT / "dags", dag_id, logical_date, outcome],
            self.env,
        )
        said = done.stdout + done.stderr
        assert outcome.exists(), said
        return json.loads(outcome.read_text()), said


def run(command: Sequence[str | Path], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=240)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: Sequence[str | Path], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        started = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@pytest.fixture(scope="session")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    fails = home / "fails"
    fails.mkdir()
    env = os.environ | {"DAGSTER_HOME": str(home), "STAND_IN_FAILS": str(fails), "PYTHONWARNINGS": "ignore"}
    code, web = free_port(), free_port()
    server = ["-p", str(code), "-h", "127.0.0.1", "-m", "tests.integration.dags.stand_in"]
    commands = {
        "code": [BIN / "dagster", "api", "grpc", *server],
        "web": [BIN / "dagster-webserver", "-h", "127.0.0.1", "-p", str(web), "--grpc-port", str(code)],
        "daemon": [sys.executable, "-m", "tests.integration.dags.quick_daemon", "run", "--grpc-port", str(code)],
    }
    with ExitStack() as processes:
        started = processes.enter_context(process(commands["code"], env, home / "code.log"))
        until(lambda: answers(code), started, home / "code.log")
        processes.enter_context(process(commands["daemon"], env, home / "daemon.log"))
        started = processes.enter_context(process(commands["web"], env, home / "web.log"))
        deployment = Deployment(url=f"http://127.0.0.1:{web}", home=home, fails=fails)
        until(lambda: loaded(deployment.url), started, home / "web.log")
        yield deployment


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def loaded(url: str) -> bool:
    try:
        body = httpx.post(f"{url}/graphql", json={"query": "{ assetNodes { id } }"}, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return bool(body.get("data", {}).get("assetNodes"))


def until(true: Callable[[], bool], started: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 90
    while not true():
        assert started.poll() is None, log.read_text()
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.3)


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory, dagster: Deployment) -> Airflow:
    home = tmp_path_factory.mktemp("airflow")
    env = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_DAGSTER_DEFAULT": json.dumps({"conn_type": "http", "host": dagster.url}),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    migrated = run([BIN / "airflow", "db", "migrate"], env)
    assert migrated.returncode == 0, migrated.stderr
    return Airflow(env=env, home=home)
