"""Does a space hold every photo?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from daguerre.encoders.spec import EncoderSpec
from daguerre.lifecycle.completeness import IncompleteError, measure_completeness, prove_complete
from daguerre.lifecycle.photo_set import PhotoSet
from daguerre.registry.events import EventKind
from daguerre.registry.evidence import read_evidence
from daguerre.registry.log import UnknownReleaseError, read_events
from daguerre.registry.state import Phase
from daguerre.tables import catalogue
from tests.fakes.moving import House


def completed(house: House) -> int:
    return sum(e.kind is EventKind.COMPLETED for e in read_events(house.ws, "search"))


def test_a_space_with_every_photo_is_proven_once(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.fill(new)
    proof = prove_complete(house.ws, new.digest, actor="ann")
    assert (proof.photos, proof.vectors, proof.index_rows, proof.batches) == (24, 24, 24, 2)
    assert proof.complete
    said = house.state.releases[new.digest]
    assert said.phase is Phase.COMPLETE
    assert said.complete is not None
    assert said.complete["snapshot_version"] == proof.snapshot_version
    assert read_evidence(house.ws, proof.evidence["uri"], proof.evidence["sha256"])["vectors"] == 24
    prove_complete(house.ws, new.digest, actor="ann")
    assert completed(house) == 1


@pytest.mark.parametrize("at", [0, 5, 11])
def test_one_missing_photo_is_found_and_named(house: House, old: EncoderSpec, at: int) -> None:
    photo = sorted(house.land(3))[at]
    house.fill(old)
    new = house.release("new")
    for number in (1, 2):
        house.embed(new, number)
    house.embed(new, 3, but=[photo])
    house.publish(new)
    with pytest.raises(IncompleteError, match=photo) as failure:
        prove_complete(house.ws, new.digest, actor="ann")
    assert "lacks 1 of 36 photos" in str(failure.value)
    assert "2026-03-01.0003 (1)" in str(failure.value)
    assert completed(house) == 0


def test_a_refused_photo_is_not_missing(house: House, old: EncoderSpec) -> None:
    photos = house.land(3)
    house.fill(old)
    new = house.release("new")
    for number in (1, 2):
        house.embed(new, number)
    house.embed(new, 3, but=photos[:2])
    house.publish(new)
    house.refuse(new, photos[0])
    assert measure_completeness(house.ws, new.digest).missing == (photos[1],)
    house.refuse(new, photos[1], "refused")
    found = prove_complete(house.ws, new.digest, actor="ann")
    assert (found.vectors, dict(found.rejected)) == (34, {"corrupt": 1, "refused": 1})


def test_refusals_of_another_space_do_not_excuse(house: House, old: EncoderSpec) -> None:
    photos = house.land(3)
    house.fill(old)
    new = house.release("new")
    house.fill(new)
    house.refuse(old, photos[0])
    catalogue.vectors(house.ws, new.space, new.dim).delete(f"photo_id = '{photos[0]}'")
    house.publish(new)
    assert measure_completeness(house.ws, new.digest).missing == (photos[0],)


def test_vectors_that_readers_cannot_see_do_not_count(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.embed(new, 1)
    house.publish(new)
    house.embed(new, 2)
    found = measure_completeness(house.ws, new.digest)
    assert (found.vectors, found.lost, found.unpublished) == (12, 12, 12)
    assert "embedded but not indexed" in found.sentence()
    house.publish(new)
    assert measure_completeness(house.ws, new.digest).complete


def test_without_an_index_nothing_is_proven(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.embed(new, 1)
    with pytest.raises(IncompleteError, match="no published index"):
        prove_complete(house.ws, new.digest, actor="ann")


def test_photos_that_production_cannot_show_yet_do_not_count(house: House, old: EncoderSpec) -> None:
    new = house.release("new")
    house.fill(new)
    house.land(3)
    found = measure_completeness(house.ws, new.digest)
    assert found.complete
    assert (found.photos, found.landing) == (24, 12)
    house.embed(old, 3)
    assert measure_completeness(house.ws, new.digest).complete  # embedded, but nobody can find it yet
    house.publish(old)
    found = measure_completeness(house.ws, new.digest)
    assert (found.lost, found.landing) == (12, 0)


def test_a_photo_that_people_can_find_counts_whatever_its_batch(house: House, old: EncoderSpec) -> None:
    photo = house.land(3)[0]
    house.fill(old)
    new = house.release("new")
    house.fill(new)
    catalogue.vectors(house.ws, new.space, new.dim).delete(f"photo_id = '{photo}'")
    house.publish(new)
    again = catalogue.photos(house.ws).lookup([photo])
    house.land(4, photos=2)
    catalogue.photos(house.ws).upsert(
        again.set_column(
            again.schema.get_field_index("batch"), again.schema.field("batch"), pa.array([house.batches[4]])
        )
    )
    found = measure_completeness(house.ws, new.digest)
    assert (found.missing, found.landing, found.photos) == ((photo,), 2, 36)


def test_without_a_production_every_photo_counts(house: House) -> None:
    new = house.release("new")
    house.embed(new, 1)
    house.publish(new)
    assert measure_completeness(house.ws, new.digest).lost == 12


def test_a_batch_whose_photos_stage_is_open_is_open(house: House) -> None:
    house.land(3, undone=2)
    new = house.release("new")
    house.fill(new)
    old = house.release("old")
    assert measure_completeness(house.ws, new.digest).open_batches == {"2026-03-01.0003": 2}
    assert not measure_completeness(house.ws, old.digest).complete


def test_an_unknown_release_has_no_proof(house: House) -> None:
    with pytest.raises(UnknownReleaseError):
        prove_complete(house.ws, "0" * 64, actor="ann")


def test_a_photo_set_knows_its_photos() -> None:
    rng = np.random.default_rng(0)
    ids = [rng.bytes(16).hex() for _ in range(2000)]
    ids += ["0" * 32, "00" * 15 + "01", "01" + "00" * 15, "f" * 32]  # zeros at either end are not padding
    known = PhotoSet((pa.array(ids[at : at + 300 : 2]) for at in range(0, len(ids), 300)), rows=len(ids))
    assert known.holds(pa.array(ids)).tolist() == [i % 300 % 2 == 0 for i in range(len(ids))]
    assert not PhotoSet([], rows=0).holds(pa.array(ids)).any()
    assert len(PhotoSet([pa.array([], pa.string())], rows=0).holds(pa.array([], pa.string()))) == 0
