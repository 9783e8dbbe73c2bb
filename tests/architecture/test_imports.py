"""The import rules of docs/architecture.md, and how modules are named and sized."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = sorted((ROOT / "src/daguerre").rglob("*.py"))
ASSETS = sorted((ROOT / "assets").glob("*.py"))


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "manager", "misc"])
def test_no_module_is_named_for_nothing(name):
    assert [path for path in LIBRARY if path.stem == name] == []


def test_modules_have_one_idea():
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in LIBRARY if path.name != "__init__.py"]
    assert statistics.median(lines) < 150
    assert max(lines) <= 350


def test_assets_only_wire():
    for path in [path for path in ASSETS if path.stem != "launch"]:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(function, ast.While), f"{path.name} loops"
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path.name


HEAVY = (
    "feast",
    "evidently",
    "lance",
    "cv2",
    "sklearn",
    "av",
    "onnxruntime",
    "tritonclient",
    "boto3",
    "airflow",
    "torch",
)


@pytest.mark.parametrize("module", ["assets.definitions", "daguerre.cli.main"])
def test_loading_is_light(module):
    code = f"import sys, {module}; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
