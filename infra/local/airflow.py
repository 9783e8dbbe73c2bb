"""Airflow on loopback, beside the Dagster UI: four processes, SQLite, one user. Ends with Ctrl-C.

`airflow standalone` is not used: its log servers listen on every interface of the machine.

    python infra/local/airflow.py [--port 8080] [--dagster http://127.0.0.1:3000] [--home .airflow]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[2]
#: How long a process may take to end when it is asked to.
_GRACE_S = 20


def main() -> int:
    """Start everything and wait; the first process that ends takes the others with it."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--port", type=int, default=8080, help="port of Airflow's UI on 127.0.0.1")
    wanted.add_argument("--dagster", default=_dagster(), help="address of Dagster's web server")
    wanted.add_argument("--home", type=Path, default=PROJECT / ".airflow", help="Airflow's folder")
    given = wanted.parse_args()
    home: Path = given.home.absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = kept_secret(home / "password", 12)
    (home / "passwords.json").write_text(json.dumps({"admin": password}), encoding="utf-8")
    env = environment(home, given.port, given.dagster)

    signal.signal(signal.SIGTERM, _interrupt)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        say(f"preparing {home}")
        with (home / "migrate.log").open("wb") as log:
            subprocess.run(  # noqa: S603
                _airflow("db", "migrate"), cwd=PROJECT, env=env, check=True, stdout=log, stderr=log
            )
        for name, command in commands(given.port).items():
            processes[name] = start(name, command, env, home)
        wait_until_healthy(given.port, processes)
        say(f"Airflow UI: http://127.0.0.1:{given.port} (user admin, password {password}; Ctrl-C ends it)")
        say(f"DAGs speak to Dagster at {given.dagster}; logs are in {home}")
        while all(process.poll() is None for process in processes.values()):
            time.sleep(1)
        ended = next(name for name, process in processes.items() if process.poll() is not None)
        say(f"{ended} has ended; see {home / ended}.log")
    except KeyboardInterrupt:
        return 0
    except subprocess.CalledProcessError:
        say(f"the database could not be prepared; see {home / 'migrate.log'}")
    finally:
        stop(processes)
    return 1


def commands(port: int) -> dict[str, list[str]]:
    """Return the four processes; none of them listens anywhere but on loopback."""
    return {
        "api-server": _airflow("api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        "scheduler": _airflow("scheduler", "--skip-serve-logs"),
        "dag-processor": _airflow("dag-processor"),
        "triggerer": _airflow("triggerer", "--skip-serve-logs"),
    }


def environment(home: Path, port: int, dagster: str) -> dict[str, str]:
    """Return what the processes are told; what the shell says of Airflow is not passed on."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    return inherited | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": kept_secret(home / "jwt_secret", 64),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_DAGSTER_DEFAULT": json.dumps({"conn_type": "http", "host": dagster}),
        # The triggerer imports dags.dagster_trigger.
        "PYTHONPATH": str(PROJECT),
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def kept_secret(path: Path, length: int) -> str:
    """Return the secret in the file, which is made at the first call and readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
    if not (secret := path.read_text(encoding="utf-8")):
        secret = secrets.token_urlsafe(length)
        path.write_text(secret, encoding="utf-8")
    return secret


def start(name: str, command: list[str], env: dict[str, str], home: Path) -> subprocess.Popen[bytes]:
    """Start a process that leads its own group, so that its children end with it."""
    with (home / f"{name}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            command, cwd=PROJECT, env=env, stdout=log, stderr=log, start_new_session=True
        )


def wait_until_healthy(port: int, processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until scheduler, triggerer and DAG processor have been heard, or one of the processes has ended."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while all(process.poll() is None for process in processes.values()):
        try:
            with opener.open(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
                parts = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            parts = {}
        if parts and all(parts.get(part, {}).get("status") == "healthy" for part in ("scheduler", "triggerer")):
            return
        time.sleep(1)


def stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask all processes to end, and end those that do not, and what they leave behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for process in processes.values():
        _signal(process, signal.SIGTERM)
    give_up = time.monotonic() + _GRACE_S
    for process in processes.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, give_up - time.monotonic()))
        _signal(process, signal.SIGKILL)
        process.wait()


def say(line: str) -> None:
    """Tell the person in front of the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _signal(process: subprocess.Popen[bytes], what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, what)  # the group outlives its leader while a child is left


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def _dagster() -> str:
    return f"http://127.0.0.1:{os.environ.get('DAGUERRE_UI_PORT', '3000')}"


if __name__ == "__main__":
    sys.exit(main())
