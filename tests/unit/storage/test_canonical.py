from __future__ import annotations

import pytest

from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex


def test_equal_values_have_equal_bytes() -> None:
    assert canonical_json({"b": 1, "a": [1, "é"]}) == canonical_json({"a": [1, "é"], "b": 1})
    assert canonical_json({"b": 1, "a": [1, "é"]}) == '{"a":[1,"é"],"b":1}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udcff"])
def test_what_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_json({"a": value})


def test_sha256() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
