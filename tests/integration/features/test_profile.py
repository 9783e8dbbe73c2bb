from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from daguerre.features.profile import profile, single_writer
from daguerre.settings import PROJECT, Settings
from daguerre.storage.opening import open_store
from daguerre.workspace import Workspace

REPO = PROJECT / "feature_repo"


def expanded(name: str, monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    return dict(yaml.safe_load(os.path.expandvars((REPO / name).read_text())))


def configured(ws: Workspace) -> dict[str, Any]:
    """The parts of Feast's configuration that a YAML file states."""
    config = profile(ws).repo_config().model_dump(mode="json", exclude_unset=True, by_alias=True)
    return {name: config[name] for name in config if name not in {"repo_path", "auth", "flags"}}


def test_the_yaml_for_one_machine_says_what_the_library_does(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    told = expanded("feature_store.yaml", monkeypatch, DAGUERRE_ROOT=ws.store.url)
    mine = profile(ws)
    assert told["registry"]["path"] == mine.registry
    assert told["online_store"] == mine.online_store()
    assert told["offline_store"] == {"type": "daguerre.features.lake_store.LakeOfflineStore"}
    assert {name: told[name] for name in ("project", "entity_key_serialization_version", "materialization")} == {
        name: configured(ws)[name] for name in ("project", "entity_key_serialization_version", "materialization")
    }


def test_the_yaml_for_the_cluster_says_what_the_library_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        root=str(tmp_path), cache=tmp_path, feast_registry="postgresql+psycopg://u@h/f", feast_redis="h:6379"
    )
    mine = profile(Workspace(settings=settings, store=open_store(settings.root, create=True)))
    told = expanded(
        "feature_store.prod.yaml",
        monkeypatch,
        DAGUERRE_FEAST_REGISTRY=settings.feast_registry,
        DAGUERRE_FEAST_REDIS=settings.feast_redis,
    )
    assert told["registry"]["path"] == mine.registry
    assert told["online_store"] == mine.online_store()
    assert not mine.embedded


def test_changed_definitions_need_applying(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = profile(ws).applied_mark
    assert profile(ws).applied_mark == before
    monkeypatch.setattr("daguerre.features.profile.SERVICES", ())
    assert profile(ws).applied_mark != before


def test_the_lock_is_free_after_an_error(ws: Workspace) -> None:
    with pytest.raises(RuntimeError), single_writer(ws):
        raise RuntimeError
    with single_writer(ws):
        pass
