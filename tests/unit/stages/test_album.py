from __future__ import annotations

from typing import Any

from daguerre.stages.album import equals_of


def member(kind: str, group: str, photo: str, *, best: bool = False, distance: float = 0.1) -> dict[str, Any]:
    said = {"reason": f"because of {photo}"}
    return {"kind": kind, "group_id": group, "photo_id": photo, "is_best": best, "distance": distance} | said


GROUP = [
    member("burst", "g", "c", distance=0.3),
    member("burst", "g", "a", best=True),
    member("burst", "g", "b", distance=0.2),
]


def test_the_kept_one_comes_first_then_the_nearest() -> None:
    (group,) = equals_of(GROUP, {"a", "b", "c"})
    assert group.members == (("a", "because of a"), ("b", "because of b"), ("c", "because of c"))


def test_what_may_not_be_shown_is_left_out_and_a_group_without_its_kept_one_too() -> None:
    assert [m for m, _ in equals_of(GROUP, {"a", "c"})[0].members] == ["a", "c"]
    assert equals_of(GROUP, {"b", "c"}) == []
    assert equals_of(GROUP, {"a"}) == []


def test_a_few_of_each_kind_the_largest_first() -> None:
    rows = []
    for size in range(2, 9):
        rows += [member("near", f"n{size}", f"n{size}-{i}", best=i == 0) for i in range(size)]
    rows += [member("exact", "e", f"e{i}", best=i == 0) for i in range(2)]
    found = equals_of(rows, {row["photo_id"] for row in rows})
    assert [(group.kind, group.members[0][0]) for group in found] == [
        ("exact", "e0"),
        ("near", "n8-0"),
        ("near", "n7-0"),
        ("near", "n6-0"),
    ]
    assert max(len(group.members) for group in found) == 6
