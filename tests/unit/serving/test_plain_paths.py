from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from daguerre.serving import plain_paths
from daguerre.serving.plain_paths import OddPathError, plain_address, plain_path


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()


def test_a_plain_path_stays_as_it_is(tmp_path):
    assert plain_path(tmp_path) == tmp_path
    assert (
        plain_address("s3://http://127.0.0.1:9000/bucket/lake-1/a_b") == "s3://http://127.0.0.1:9000/bucket/lake-1/a_b"
    )


@pytest.mark.parametrize("name", ["two words", "Zoë", "it's", 'a"b', "a;b", "$HOME", "a&b", "(x)", "new\nline", "*"])
def test_an_odd_path_gets_a_link_that_is_always_the_same(tmp_path, name):
    odd = tmp_path / name
    odd.mkdir()
    link = plain_path(odd)
    assert plain_paths._PLAIN.fullmatch(str(link))
    assert link.resolve() == odd.resolve()
    assert plain_path(odd) == link == Path(plain_address(str(odd)))


def test_a_folder_that_others_may_write_is_refused(tmp_path):
    home = plain_path(tmp_path / "a b").parent
    home.chmod(0o777)
    with pytest.raises(OddPathError, match="DAGUERRE_CACHE"):
        plain_path(tmp_path / "c d")


def test_an_address_that_the_server_cannot_parse_is_refused():
    with pytest.raises(OddPathError, match="DAGUERRE_ROOT"):
        plain_address("s3://bucket/my photos")
