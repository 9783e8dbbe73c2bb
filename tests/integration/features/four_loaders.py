"""Four processes that load the same views at once; the import is paid for once, before they part."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

import feast.infra.compute_engines.local.compute
import feast.infra.online_stores.sqlite
import feast.metrics  # noqa: F401

import daguerre.features.lake_store  # noqa: F401
from daguerre.features.store import load_online
from tests.fakes.signals import NOON, workspace


def main(folder: Path) -> int:
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            load_online(workspace(folder), ["photo_aesthetic_v1", "photo_dups_v1"], NOON - timedelta(hours=1))
            os._exit(0)
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
