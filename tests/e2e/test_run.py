"""The command as people start it: processes of their own on real files, and what a second call does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from daguerre.landing.manifest import read_manifest
from daguerre.landing.source import open_source
from daguerre.settings import Settings
from daguerre.tables import catalogue
from daguerre.tables.ledger import ledger
from daguerre.workspace import open_workspace
from tests.fakes import bad_files, installation, s3_server
from tests.fakes.installation import Finished, daguerre


def run(settings: Settings) -> dict[str, object]:
    done = daguerre(settings, "run", settings.source, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_one_call_closes_the_ledger(finished: Finished) -> None:
    rows = ledger(finished.ws)
    stages = {(row.batch, row.stage) for row in rows}
    assert stages == {(batch, stage) for batch in finished.batches for stage in ("photos", "signals", "embeddings")}
    assert all(row.closed and row.total for row in rows)
    assert finished.summary["ledger_closed"] is True
    assert finished.summary["landed"] == finished.summary["objects"] == len(finished.plan.rows)
    assert finished.summary["failures"] == []
    good = {row.key for row in finished.plan.rows if not row.fault}
    keys = catalogue.objects(finished.ws).read(["key"])["key"].to_pylist()
    assert good <= set(keys)
    assert len(keys) == len(set(keys))


@pytest.fixture
def changed(finished: Finished) -> Iterator[list[str]]:
    """Two files more and one with another content, in the library; afterwards it is as it was."""
    library = Path(finished.settings.source)
    victim = next(row.key for row in finished.plan.rows if row.format == "jpeg" and not row.fault)
    names = ["alice/new 1.jpg", "bob/new 2.jpg", victim]
    for seed, name in enumerate(names, start=100):
        (library / name).unlink(missing_ok=True)
        (library / name).write_bytes(bad_files.jpeg(seed=seed))
    yield names
    for name in names:
        (library / name).unlink()
    (library / victim).hardlink_to(finished.untouched / victim)


def test_a_second_call_does_nothing_and_a_third_only_what_is_new_or_changed(
    finished: Finished, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = finished.copy(tmp_path, dagster=True)
    ws = open_workspace(settings)
    nothing = run(settings)
    assert (nothing["landed"], nothing["runs"], nothing["ledger_closed"]) == (0, 0, True)
    assert installation.said(ws, finished.spec) == finished.said

    changed = request.getfixturevalue("changed")
    third = run(settings)
    assert (third["landed"], third["ledger_closed"]) == (3, True)
    assert third["runs"] == 5  # ingest, embed, curate of one batch; publish; engage
    (batch,) = {row.batch for row in ledger(ws)} - set(finished.batches)
    assert sorted(landed.key for landed in read_manifest(ws.store, batch).objects) == sorted(changed)
    now = installation.said(ws, finished.spec)
    assert now["photos"].num_rows == finished.said["photos"].num_rows + 3
    assert now["vectors"].num_rows == finished.said["vectors"].num_rows + 3
    before = {row["photo_id"]: row for row in finished.said["photos"].to_pylist()}
    assert {row["photo_id"]: row for row in now["photos"].to_pylist() if row["batch"] != batch} == before


def test_source_and_root_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server.running_s3() as endpoint:
        s3_server.use_s3(monkeypatch, endpoint)
        bucket = s3_server.new_bucket(endpoint)
        settings = installation.settings_in(
            tmp_path, root=f"s3://{bucket}/lake/photos", source=f"s3://{bucket}/in", workers=1
        )
        incoming = open_workspace(installation.settings_in(tmp_path, root=settings.source)).store
        for n in range(5):
            incoming.put(f"alice/holiday {n}.jpg", bad_files.jpeg(seed=n))
        incoming.put("bob/cut.jpg", bad_files.jpeg(seed=9)[:5000])
        ws = open_workspace(settings)
        installation.install_encoder(ws, tmp_path / "tiny")
        summary = run(settings)
        assert (summary["landed"], summary["ledger_closed"], summary["failures"]) == (6, True, [])
        assert (summary["photos"], summary["rejected"]) == (5, {"truncated": 1})
        assert all(row.closed for row in ledger(ws))
        assert {info.key.split("/")[0] for info in ws.store.list()} >= {"landing", "proxies", "tables", "vectors"}
        assert [info.key for info in open_source(settings.source).list()] == sorted(i.key for i in incoming.list())
        assert not os.path.exists(tmp_path / "data"), "nothing of the root may lie in a folder"
