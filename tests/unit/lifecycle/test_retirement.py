"""Giving a release up frees what it took, and never what somebody needs."""

from __future__ import annotations

import json

import pytest

from daguerre import layout
from daguerre.encoders.spec import EncoderSpec
from daguerre.index.searcher import Searcher
from daguerre.index.snapshot import find_snapshot, read_snapshot
from daguerre.lifecycle.completeness import measure_completeness, prove_complete
from daguerre.lifecycle.promotion import missing_for, promote_release
from daguerre.lifecycle.retirement import RetirementRefusedError, erode, retire
from daguerre.lifecycle.rollback import roll_back
from daguerre.registry.events import EventKind
from daguerre.registry.log import UnknownReleaseError, read_events
from daguerre.registry.state import Phase
from daguerre.serving.repository import model_name
from daguerre.storage.local import LocalStore
from daguerre.storage.ports import StoreUnavailableError
from daguerre.tables import catalogue
from daguerre.tables.ledger import ledger
from tests.fakes.moving import House

ANN = {"actor": "ann", "reason": "the new one is better"}


@pytest.fixture
def worn(house: House, old: EncoderSpec) -> EncoderSpec:
    """Was filled, indexed, published to the model repository, cached here, and rolled back: nothing needs it."""
    spec = house.candidate("worn")
    house.refuse(spec, "f" * 32)
    house.ws.store.put(layout.abstention(spec.space), b"{}")
    for role in ("image", "text"):
        house.ws.store.put(f"{layout.TRITON}/{model_name(role, spec.digest)}/1/model.onnx", b"12345")
    folder = house.ws.cache / "releases" / spec.digest
    folder.mkdir(parents=True)
    (folder / "image.onnx").write_bytes(b"123")
    roll_back(house.ws, **ANN, alias="candidate")
    return spec


def leftovers(house: House, spec: EncoderSpec) -> list[str]:
    models = [
        info.key
        for role in ("image", "text")
        for info in house.ws.store.list(f"triton/{model_name(role, spec.digest)}/")
    ]
    return [*house.space_files(spec.space), *models]


def test_everything_that_it_took_up_is_freed(house: House, old: EncoderSpec, worn: EncoderSpec) -> None:
    before = sum(info.size for info in house.ws.store.list(f"vectors/{worn.space}/"))
    theirs = house.space_files(old.space)
    freed = retire(house.ws, worn.digest, **ANN)
    assert (freed.rows, freed.refusals, freed.bytes, freed.cached_bytes) == (24, 1, before + 10, 3)
    assert leftovers(house, worn) == []
    assert not (house.ws.cache / "releases" / worn.digest).exists()
    assert find_snapshot(house.ws, worn.space) is None
    assert house.space_files(old.space) == theirs
    assert house.state.releases[worn.digest].phase is Phase.RETIRED
    assert house.ws.store.exists(f"{layout.release(worn.digest)}/manifest.json")
    assert worn.space not in {row.space for row in ledger(house.ws)}


def test_retiring_again_frees_nothing_more(house: House, old: EncoderSpec, worn: EncoderSpec) -> None:
    retire(house.ws, worn.digest, **ANN)
    number = house.state.number
    freed = retire(house.ws, worn.digest, **ANN)
    assert (freed.rows, freed.objects, freed.bytes) == (0, 0, 0)
    assert house.state.number == number


@pytest.mark.parametrize("alias", ["production", "candidate", "previous"])
def test_a_release_that_an_alias_names_stays(house: House, old: EncoderSpec, alias: str) -> None:
    new = house.candidate("new")
    if alias == "previous":
        promote_release(house.ws, new.digest, **ANN)
        house.bake(new)
    spec = new if alias == "candidate" else old
    before, files = house.state, house.space_files(spec.space)
    with pytest.raises(RetirementRefusedError, match=f"alias {alias} names it"):
        retire(house.ws, spec.digest, **ANN)
    assert (house.state, house.space_files(spec.space)) == (before, files)


def test_while_a_promotion_bakes_both_sides_stay(house: House, old: EncoderSpec) -> None:
    new = house.candidate("new")
    promote_release(house.ws, new.digest, **ANN)
    for spec in (old, new):
        with pytest.raises(RetirementRefusedError, match="a promotion bakes until 2026-03-02"):
            retire(house.ws, spec.digest, **ANN)


def test_a_release_in_an_open_experiment_stays(house: House, old: EncoderSpec, worn: EncoderSpec) -> None:
    sides = {"production": {"release": old.digest}, "candidate": {"release": worn.digest}}
    spec = layout.experiment("colours") + "spec.json"
    house.ws.store.put(spec, json.dumps({**sides, "expires": "2026-04-01T00:00:00+00:00"}).encode())
    with pytest.raises(RetirementRefusedError, match="experiment colours is open"):
        retire(house.ws, worn.digest, **ANN)
    house.clock.on(days=31)
    assert retire(house.ws, worn.digest, **ANN).rows == 24


def test_only_what_is_retired_erodes(house: House, old: EncoderSpec) -> None:
    with pytest.raises(RetirementRefusedError, match="is not retired"):
        erode(house.ws, old.digest)
    with pytest.raises(UnknownReleaseError):
        retire(house.ws, "0" * 64, **ANN)


def test_a_death_at_any_deletion_is_finished_by_the_next_call(
    house: House, old: EncoderSpec, worn: EncoderSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die before the first deletion, then before the second, and so on until a call gets through."""
    delete, deaths = LocalStore.delete, 0
    while True:
        left = 1  # one deletion per life: the worst that can happen

        def dying(store: LocalStore, key: str) -> None:
            nonlocal left
            if left == 0:
                raise StoreUnavailableError("killed")
            left -= store.exists(key)
            delete(store, key)

        monkeypatch.setattr(LocalStore, "delete", dying)
        try:
            retire(house.ws, worn.digest, **ANN)
            break
        except StoreUnavailableError:
            deaths += 1
        finally:
            monkeypatch.undo()
        assert len(ledger(house.ws)) > 0  # the tables can be read at every moment
        assert measure_completeness(house.ws, old.digest).complete
    assert deaths > 10
    assert leftovers(house, worn) == []
    retired = [e for e in read_events(house.ws, "search") if e.kind is EventKind.RETIRED]
    assert len(retired) == 1


def test_what_a_run_wrote_after_it_is_freed_by_the_next_call(house: House, old: EncoderSpec, worn: EncoderSpec) -> None:
    retire(house.ws, worn.digest, **ANN)
    house.embed(worn, 1)
    assert retire(house.ws, worn.digest, **ANN).rows == 12
    assert leftovers(house, worn) == []


def test_registered_again_it_starts_anew(house: House, old: EncoderSpec, worn: EncoderSpec) -> None:
    retire(house.ws, worn.digest, **ANN)
    again = house.release("worn")
    assert again == worn
    state = house.state.releases[again.digest]
    assert (state.phase, state.validated, state.complete, state.approvals) == (Phase.REGISTERED, None, None, ())
    assert "complete" in [missing.rule for missing in missing_for(house.ws, again.digest)]
    house.embed(again, 2)
    house.publish(again)
    assert read_snapshot(house.ws, again.space).rows == 12
    assert measure_completeness(house.ws, again.digest).lost == 12
    house.embed(again, 1)
    house.publish(again)
    assert prove_complete(house.ws, again.digest, actor="ann").vectors == 24
    photo = catalogue.photos(house.ws).read(["photo_id"])["photo_id"][0].as_py()
    vectors = catalogue.vectors(house.ws, again.space, again.dim).lookup([photo], ["vector"])
    assert vectors.num_rows == 1
    assert Searcher(house.ws, read_snapshot(house.ws, again.space)).vector(photo) is not None
