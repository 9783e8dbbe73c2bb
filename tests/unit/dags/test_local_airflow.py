"""What the local Airflow's processes are told."""

from __future__ import annotations

import importlib.util
import stat
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def local() -> ModuleType:
    """The script as a module; its own name would hide Airflow's."""
    spec = importlib.util.spec_from_file_location("local_airflow", ROOT / "infra/local/airflow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_listens_beyond_loopback(local: ModuleType) -> None:
    commands = local.commands(8099)
    assert set(commands) == {"api-server", "scheduler", "dag-processor", "triggerer"}
    server = commands["api-server"]
    assert server[server.index("--host") + 1] == "127.0.0.1"
    for name in ("scheduler", "triggerer"):
        assert "--skip-serve-logs" in commands[name], "log servers listen on every interface"


def test_the_shells_airflow_is_not_passed_on(
    local: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "mine")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    env = local.environment(tmp_path, 8099, "http://127.0.0.1:3000")
    assert env["AIRFLOW_HOME"] == str(tmp_path)
    assert "AIRFLOW__CORE__FERNET_KEY" not in env
    assert env["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert "http://127.0.0.1:3000" in env["AIRFLOW_CONN_DAGSTER_DEFAULT"]


def test_secrets_are_kept_and_private(local: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = local.kept_secret(path, 24)
    assert len(secret) == 32
    assert local.kept_secret(path, 24) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
