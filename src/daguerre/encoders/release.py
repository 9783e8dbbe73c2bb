"""An encoder release: one immutable, content-addressed folder of files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from daguerre.encoders.spec import EncoderError, EncoderSpec

IMAGE_GRAPH = "image.onnx"
TEXT_GRAPH = "text.onnx"
TOKENIZER = "tokenizer.json"
GOLDEN = "golden.npz"
MODEL_TOML = "model.toml"
CARD = "card.md"
LICENCE = "LICENSE"
#: What the release was trained on and how; scores to be read with its vectors. JSON objects, both optional.
PROVENANCE = "provenance.json"
CALIBRATION = "calibration.json"


class ReleaseError(EncoderError):
    """A folder is not an encoder release."""

    exit_code = 2


class ReleaseTamperedError(EncoderError):
    """A file of a release is not the one that was registered."""


@dataclass(frozen=True, kw_only=True, order=True)
class ReleaseFile:
    """One file of a release; `name` has no folders."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release on this machine: what it promises, and the folder whose files keep the promise."""

    spec: EncoderSpec
    folder: Path
    files: tuple[ReleaseFile, ...]

    def path(self, name: str) -> Path:
        """Return where one file of the release lies."""
        return self.folder / name

    def tower_files(self, graph: str) -> tuple[ReleaseFile, ...]:
        """Return the graph and the weights that ONNX keeps beside it (`image.onnx`, `image.onnx.data`)."""
        return tuple(f for f in self.files if f.name == graph or f.name.startswith(f"{graph}."))


def release_digest(files: tuple[ReleaseFile, ...]) -> str:
    """Return the identity of a release: sha256 over the sorted lines `name NUL sha256`."""
    lines = (f"{f.name}\0{f.sha256}\n" for f in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def manifest_of(release: Release) -> dict[str, Any]:
    """Return what `manifest.json` says: the specification, and size and sha256 of every file."""
    return {"spec": asdict(release.spec), "files": [asdict(f) for f in sorted(release.files)]}


def parse_manifest(data: bytes, *, digest: str) -> tuple[EncoderSpec, tuple[ReleaseFile, ...]]:
    """Read `manifest.json` of release `digest`.

    Raises:
        ReleaseTamperedError: the files that it lists do not add up to `digest`.
    """
    try:
        record = json.loads(data)
        files = tuple(ReleaseFile(**f) for f in record["files"])
        spec = EncoderSpec(**record["spec"])
    except (ValueError, TypeError, KeyError) as e:
        raise ReleaseTamperedError(f"manifest of {digest[:12]} cannot be read ({e})") from e
    if release_digest(files) != digest or spec.digest != digest:
        raise ReleaseTamperedError(f"manifest of {digest[:12]}", fix="Register the model folder again elsewhere.")
    return spec, files
