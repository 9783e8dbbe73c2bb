"""Everything that can be configured, in one class. Environment variables begin with DAGUERRE_."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from daguerre.errors import SettingsError

#: The checkout or working directory that holds .venv, .triton, assets/ and models/.
PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """How this installation of Daguerre behaves."""

    model_config = SettingsConfigDict(env_prefix="DAGUERRE_", extra="forbid", frozen=True)

    root: str = Field(
        default=str(PROJECT / "data"), description="Where everything is kept: a folder, or s3://bucket/prefix."
    )
    source: str = Field(default="", description="Watched source of originals: a folder, or s3://bucket/prefix.")
    owner: str = Field(default="", description="Fixed owner of the source; empty: first folder of each key.")
    cache: Path = Field(default=PROJECT / ".cache", description="Local scratch space; may be deleted at any time.")
    project: Path = Field(default=PROJECT, description="Checkout that holds assets/, feature_repo/ and models/.")

    dagster_home: Path = Field(default=PROJECT / ".dagster", description="Where the local Dagster instance lives.")
    ui_port: int = Field(default=3000, ge=1, le=65535, description="Port of the local Dagster UI, on loopback.")

    batch_size: int = Field(default=50_000, ge=1, description="Most objects in one batch.")
    unit_size: int = Field(default=512, ge=1, description="Objects per checkpoint inside a batch.")
    settle_s: float = Field(default=0.0, ge=0, description="Objects younger than this are left for later.")

    workers: int = Field(default=0, ge=0, description="Decoder processes; 0: one per core.")
    decode_deadline_s: float = Field(default=30.0, gt=0, description="Most seconds that one file may take to decode.")
    decode_memory_mb: int = Field(default=2048, ge=256, description="Most memory that one decoder process may take.")
    max_pixels: int = Field(default=200_000_000, ge=1, description="Larger pictures are refused unread.")
    max_bytes: int = Field(default=2 << 30, ge=1, description="Larger objects are refused unread.")
    max_attempts: int = Field(default=2, ge=1, description="Tries per object and code version, transient faults only.")

    triton_python: Path = Field(
        default=PROJECT / ".triton/bin/python", description="Interpreter beside the server wheel."
    )
    triton_url: str = Field(default="", description="host:port of a Triton that runs already; empty: start our own.")
    triton_port: int = Field(default=8701, ge=0, le=65535, description="gRPC port of our own server; 0: any free one.")
    inference_batch: int = Field(default=32, ge=1, le=64)
    inference_in_flight: int = Field(default=2, ge=1, le=16)
    inference_deadline_s: float = Field(default=60.0, gt=0)

    ann_rows: int = Field(default=100_000, ge=1000, description="Rows from which on a space gets an ANN index.")
    product: str = Field(default="search", description="Name under which releases are registered and promoted.")
    policies: Path = Field(
        default=PROJECT / "models/policies", description="Folder of <product>.yaml: what a promotion needs."
    )
    signing_key: Path | None = Field(default=None, description="Ed25519 private key (PEM) that signs new releases.")
    registry_poll_s: float = Field(default=0.25, gt=0, description="How often a search process asks for a new alias.")

    feast_registry: str = Field(default="", description="SQLAlchemy URL of Feast's registry; empty: SQLite.")
    feast_redis: str = Field(default="", description="host:port[,option] of Feast's Redis; empty: SQLite.")

    drift_min_rows: int = Field(default=1500, ge=2, description="Fewer rows on a side: no drift verdict.")
    seed: int = 7

    @field_validator("root", "source")
    @classmethod
    def _absolute(cls, place: str) -> str:
        """Make a folder absolute at once: the orchestrator's processes work in another directory."""
        return place if not place or "://" in place else str(Path(place).expanduser().absolute())

    @field_validator("cache", "dagster_home", "triton_python", "policies")
    @classmethod
    def _absolute_path(cls, place: Path) -> Path:
        return place.expanduser().absolute()

    @property
    def worker_count(self) -> int:
        """Number of decoder processes."""
        return self.workers or len(os.sched_getaffinity(0))


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` win.

    Raises:
        SettingsError: a variable has a value that it cannot have.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as e:
        first = e.errors()[0]
        name = "DAGUERRE_" + "_".join(str(p) for p in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}") from e
