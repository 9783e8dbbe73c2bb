"""Runs `inside_airflow.py` in a process of its own and repeats its outcomes here.

Importing Airflow replaces the process's logging and warnings, which all other tests rely on.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

INSIDE = Path(__file__).with_name("inside_airflow.py")
ROOT = INSIDE.parents[3]
NAMES = [
    node.name
    for node in ast.parse(INSIDE.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By test: what its variants had to complain about."""
    home = tmp_path_factory.mktemp("airflow")
    report = home / "report.xml"
    done = subprocess.run(
        [
            *[sys.executable, "-m", "pytest", "-q", str(INSIDE), f"--junitxml={report}"],
            *["-p", "no:cacheprovider", "-o", "filterwarnings="],
        ],
        cwd=ROOT,
        env=os.environ | {"AIRFLOW_HOME": str(home), "PYTHONWARNINGS": "ignore"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert report.exists(), done.stdout + done.stderr
    complaints: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["name"].split("[")[0]
        complaints[name] = complaints.get(name, "") + "".join(f"{node.tag}: {node.text}" for node in case)
    return complaints


@pytest.mark.parametrize("name", NAMES)
def test_inside(outcomes: dict[str, str], name: str) -> None:
    assert outcomes.get(name, "did not run") == ""
