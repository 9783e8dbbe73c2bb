from __future__ import annotations

from pathlib import Path

import pytest

from daguerre.errors import SettingsError
from daguerre.storage.opening import open_store
from daguerre.storage.ports import RootNotFoundError


@pytest.mark.parametrize("url", ["", "gs://bucket", "http://x", "s3://", "s3:///key"])
def test_addresses_that_cannot_be_opened(url: str) -> None:
    with pytest.raises(SettingsError):
        open_store(url)


def test_a_folder_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(RootNotFoundError):
        open_store(str(tmp_path / "x"))
    assert open_store(str(tmp_path / "x" / "y"), create=True).url == str(tmp_path / "x" / "y")
