"""Where Feast's registry and online store are for one installation: files below the root, or servers."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daguerre.features.views import PROJECT, SERVICES, VIEWS
from daguerre.workspace import Workspace

if TYPE_CHECKING:
    from feast import RepoConfig

#: As in feature_repo/feature_store.yaml. Feast reads the files of the lake, it never writes them.
OFFLINE_STORE = {"type": "daguerre.features.lake_store.LakeOfflineStore"}
#: Redis forgets an entity after this long without a write, in case an erasure missed it.
_KEY_TTL_S = 400 * 86_400


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How Feast is set up.

    Attributes:
        root: Absolute folder or s3://bucket/prefix that holds the lake.
        endpoint: Where S3 is, when it is not Amazon's.
        folder: Local folder of the SQLite files and of the writer's lock.
        registry: SQLAlchemy address of the registry.
        redis: Address of the online store; empty: SQLite in `folder`.
        embedded: The registry is ours alone, so that definitions are applied without a deploy step.
    """

    root: str
    endpoint: str
    folder: Path
    registry: str
    redis: str
    embedded: bool

    @property
    def applied_mark(self) -> Path:
        """Return the file that says that exactly these definitions are in the registry."""
        told = repr((self.root, self.endpoint, self.registry, self.redis, VIEWS, SERVICES))
        return self.folder / f"applied-{_short_hash(told)}"

    def online_store(self) -> dict[str, Any]:
        """Return Feast's configuration of the online store.

        Redis skips its own comparison of times: with it, a corrected value of the same event time never arrives.
        """
        if not self.redis:
            return {"type": "sqlite", "path": str(self.folder / "online.db")}
        return {"type": "redis", "connection_string": self.redis, "skip_dedup": True, "key_ttl_seconds": _KEY_TTL_S}

    def repo_config(self) -> RepoConfig:
        """Return Feast's configuration: SQL registry, our lake, and an online store that the newest load wins.

        Feast's default registry is a file that loses objects under concurrent loads.
        """
        from feast import RepoConfig

        config = RepoConfig(
            project=PROJECT,
            provider="local",
            registry={
                "registry_type": "sql",
                "path": self.registry,
                "cache_ttl_seconds": 60,
                "serve_features_while_materializing": True,
            },
            offline_store=OFFLINE_STORE,
            online_store=self.online_store(),
            entity_key_serialization_version=3,
            materialization={"pull_latest_features": True, "online_write_batch_size": 10_000},
        )
        config.repo_path = self.folder
        return config


def profile(ws: Workspace) -> Profile:
    """Return how Feast is set up for this installation; its folder exists."""
    root = ws.store.url
    on_s3 = root.startswith("s3://")
    # SQLite needs a file system
    folder = ws.cache / f"feast-{_short_hash(root)}" if on_s3 else Path(root) / "features"
    folder.mkdir(parents=True, exist_ok=True)
    return Profile(
        root=root,
        endpoint=(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "") if on_s3 else "",
        folder=folder,
        registry=ws.settings.feast_registry or f"sqlite:///{folder / 'registry.db'}",
        redis=ws.settings.feast_redis,
        embedded=not ws.settings.feast_registry,
    )


@contextlib.contextmanager
def single_writer(ws: Workspace) -> Iterator[None]:
    """Let one process of this machine at a time apply, load or erase; the lock ends with its holder."""
    with (ws.cache / f"feast-{_short_hash(ws.store.url)}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
