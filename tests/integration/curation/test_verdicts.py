"""Verdicts and comparisons in the tables: what a run reads, writes, and never takes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from daguerre.cli import verdicts as cli
from daguerre.curation import blocks, comparison_log
from daguerre.curation.comparison_log import read_comparisons, write_comparisons
from daguerre.curation.duplicates import find_again
from daguerre.curation.reading import LibraryReader
from daguerre.curation.verdict_log import VerdictError, decide, read_verdicts, undo
from daguerre.errors import NotFoundError
from daguerre.ids import OwnerId, PhotoId
from daguerre.stages.duplicates import run_duplicates
from daguerre.tables import catalogue
from daguerre.workspace import Workspace
from tests.fakes.lives import moved
from tests.integration.curation.conftest import BATCHES, descriptor_rows

FIRST, _ = BATCHES
ALICE = OwnerId("alice")


def groups(ws: Workspace, kind: str = "burst") -> dict[str, set[str]]:
    rows = catalogue.duplicates(ws).read(where=f"owner_id = 'alice' AND kind = '{kind}'").to_pylist()
    made: dict[str, set[str]] = {}
    for row in rows:
        made.setdefault(row["group_id"], set()).add(row["photo_id"])
    return made


def best(ws: Workspace) -> set[str]:
    rows = catalogue.duplicates(ws).read(where="owner_id = 'alice' AND kind = 'burst'").to_pylist()
    return {row["photo_id"] for row in rows if row["is_best"]}


def photos(libraries, *rows: int) -> list[PhotoId]:
    return [PhotoId(libraries["alice"].photo_id[row]) for row in rows]


def another_model(ws: Workspace, libraries, seed: int) -> None:
    """Give alice's photos other descriptors, nearly as far from each other as before."""
    rng, library = np.random.default_rng(seed), libraries["alice"]
    turned = np.stack([moved(rng, row.astype(float), 0.001) for row in library.descriptor]).astype(np.float32)
    made = descriptor_rows("alice", replace(library, descriptor=turned), np.zeros(len(library), int))
    catalogue.descriptors(ws).upsert(made)


def test_verdicts_survive_three_runs_and_three_models(ws, libraries):
    run_duplicates(ws, FIRST)
    ((_, before),) = groups(ws).items()
    assert before == set(photos(libraries, 10, 11, 12, 13))
    (unchosen,) = {*photos(libraries, 11)} - best(ws) or {*photos(libraries, 12)}
    decide(ws, "not_duplicate", photos(libraries, 10, 13), actor="alice")
    decide(ws, "best", [unchosen], actor="alice")
    apart, exact = set(photos(libraries, 10, 13)), set(photos(libraries, 20, 21))
    decide(ws, "keep_both", sorted(exact), actor="alice")
    said = read_verdicts(ws, ALICE)
    for model in range(3):
        another_model(ws, libraries, model)
        run_duplicates(ws, FIRST)
        assert not any(apart <= members for members in groups(ws).values())
        assert unchosen in best(ws)
        assert list(groups(ws, "exact").values()).count(exact) == 1
        kept = catalogue.duplicates(ws).read(where="kind = 'exact' AND is_best").to_pylist()
        assert exact <= {row["photo_id"] for row in kept}
        assert read_verdicts(ws, ALICE) == said


def test_a_verdict_that_is_undone_decides_nothing_any_more(ws, libraries):
    run_duplicates(ws, FIRST)
    before = catalogue.duplicates(ws).read()
    decide(ws, "not_duplicate", photos(libraries, 10, 13), actor="alice")
    run_duplicates(ws, FIRST)
    assert catalogue.duplicates(ws).read() != before
    (name,) = read_verdicts(ws)
    undo(ws, name[:6])
    run_duplicates(ws, FIRST)
    assert catalogue.duplicates(ws).read() == before


def test_of_two_verdicts_about_the_same_photos_the_last_one_stays(ws, libraries):
    decide(ws, "not_duplicate", photos(libraries, 10, 11), actor="alice")
    decide(ws, "keep_both", photos(libraries, 11, 10), actor="alice")
    assert [verdict.kind for verdict in read_verdicts(ws).values()] == ["keep_both"]


def test_a_verdict_names_photos_of_one_owner(ws, libraries):
    other = PhotoId(libraries["o'brien"].photo_id[0])
    with pytest.raises(VerdictError, match="photos of alice and o'brien"):
        decide(ws, "keep_both", [*photos(libraries, 1), other], actor="alice")
    with pytest.raises(VerdictError, match="of 1 photos"):
        decide(ws, "keep_both", photos(libraries, 1, 1), actor="alice")
    with pytest.raises(NotFoundError):
        decide(ws, "best", [PhotoId("f" * 32)], actor="alice")
    with pytest.raises(NotFoundError):
        undo(ws, "")
    assert read_verdicts(ws) == {}


def test_the_command_groups_anew_at_once(ws, libraries, monkeypatch):
    monkeypatch.setattr(cli, "reading_workspace", lambda: ws)
    run_duplicates(ws, FIRST)
    ten, thirteen = photos(libraries, 10, 13)
    runner = CliRunner()
    said = runner.invoke(cli.app, ["not-duplicate", ten, thirteen])
    assert said.exit_code == 0, said.output
    assert not any({ten, thirteen} <= members for members in groups(ws).values())
    assert runner.invoke(cli.app, ["best", thirteen, "--actor", "bob"]).exit_code == 0
    assert "not_duplicate" in runner.invoke(cli.app, ["list"]).output
    listed = runner.invoke(cli.app, ["list", "--owner", "alice", "--json"]).output
    assert '"actor": "bob"' in listed
    for name in read_verdicts(ws):
        assert runner.invoke(cli.app, ["undo", name[:8]]).exit_code == 0
    assert set(photos(libraries, 10, 11, 12, 13)) in groups(ws).values()


@pytest.fixture
def _large(monkeypatch):
    """Make libraries of this size large ones."""
    for module in (blocks, comparison_log):
        monkeypatch.setattr(module, "ONE_BLOCK", 50)


def without_versions(ws: Workspace) -> list[dict]:
    return catalogue.duplicates(ws).read().to_pylist()


@pytest.mark.usefixtures("_large")
def test_a_run_compares_and_writes_only_what_is_new(ws, libraries):
    run_duplicates(ws, FIRST)
    first = read_comparisons(ws, ALICE)
    assert len(first.photo_id) == len(libraries["alice"]) - 1  # one of two equal ones stands for both
    library = LibraryReader(ws).read(ALICE)
    _, again = find_again(library, first)
    assert again.fresh == 0
    assert write_comparisons(ws, ALICE, first, again) == 0
    version = catalogue.edges(ws).version
    another = libraries["alice"].take(np.array([5, 6]))
    look = np.stack([library.descriptor[9], library.descriptor[80]])
    catalogue.descriptors(ws).upsert(descriptor_rows("alice", replace(another, descriptor=look), np.zeros(2, int)))
    library = LibraryReader(ws).read(ALICE)
    _, changed = find_again(library, first)
    assert changed.fresh == 2
    assert 2 <= write_comparisons(ws, ALICE, first, changed) <= 4
    assert catalogue.edges(ws).version == version + 1
    stored = read_comparisons(ws, ALICE)
    assert sorted(stored.photo_id) == sorted(changed.photo_id)
    pairs = [
        {frozenset(pair) for pair in zip(c.photo_id[c.a], c.photo_id[c.b], strict=True)} for c in (stored, changed)
    ]
    assert pairs[0] == pairs[1]


@pytest.mark.usefixtures("_large")
def test_photos_that_go_and_come_back_changed_leave_no_pair_behind(ws, libraries):
    look = libraries["alice"].descriptor.copy()
    look[100], look[7] = look[200], look[200]
    library = replace(libraries["alice"], descriptor=look)
    copies = replace(
        library, pdq=np.where(np.isin(np.arange(len(look)), (7, 100))[:, None], library.pdq[200], library.pdq)
    )
    orders = {photo: row for row, photo in enumerate(copies.photo_id)}

    def run(rows: np.ndarray, made) -> set[frozenset[str]]:
        before = read_comparisons(ws, ALICE)
        found, now = find_again(made.take(rows).in_order(), before)
        write_comparisons(ws, ALICE, before, now)
        assert found == find_again(made.take(rows).in_order(), None)[0]
        stored = read_comparisons(ws, ALICE)
        return {
            frozenset(orders[p] for p in pair)
            for pair in zip(stored.photo_id[stored.a], stored.photo_id[stored.b], strict=True)
        }

    everything = np.arange(len(copies))
    close = {frozenset(pair) for pair in ((7, 100), (7, 200), (100, 200))}
    assert close <= run(everything, copies)
    assert frozenset((7, 200)) in run(everything[everything != 100], copies)
    assert not close & run(everything, libraries["alice"]) - {frozenset((7, 200))}
    assert close <= run(everything, copies)


def test_small_libraries_are_not_kept(ws):
    run_duplicates(ws, FIRST)
    assert not catalogue.edges(ws).exists()


@pytest.mark.usefixtures("_large")
def test_what_is_kept_gives_the_same_groups_as_nothing(ws):
    run_duplicates(ws, FIRST)
    kept = without_versions(ws)
    run_duplicates(ws, FIRST)
    assert without_versions(ws) == kept
    catalogue.edges(ws).delete("true")
    run_duplicates(ws, FIRST)
    assert without_versions(ws) == kept
    assert pc.all(pc.is_valid(catalogue.edges(ws).read()["others"])).as_py()
