"""Triton's model repository: a projection of releases, one immutable model per release and tower."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from daguerre import layout
from daguerre.encoders.graph import read_graph
from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH, Release
from daguerre.encoders.spec import EncoderSpec
from daguerre.serving.config import Instances, render_config
from daguerre.storage.ports import ObjectExistsError, Store
from daguerre.workspace import Workspace

Role = Literal["image", "text"]
GRAPHS: dict[Role, str] = {"image": IMAGE_GRAPH, "text": TEXT_GRAPH}
_WHOLE_BYTES = 64 << 20


def model_name(role: Role, digest: str) -> str:
    """Return the name of one tower of one release on every server; its version is always 1."""
    return f"{role}-{digest[:12]}"


def publish(ws: Workspace, release: Release, *, instances: Instances | None = None) -> dict[Role, str]:
    """Put both towers of a release into the model repository of the store; return their names.

    A model is never changed once it is there: an index built with it would no longer match it. `config.pbtxt` goes
    last, for a folder without it is no model.
    """
    names: dict[Role, str] = {}
    for role, graph in GRAPHS.items():
        names[role] = name = model_name(role, release.spec.digest)
        for file in release.tower_files(graph):
            stored = "model.onnx" if file.name == graph else file.name
            _put_once(ws.store, f"{layout.TRITON}/{name}/1/{stored}", release.path(file.name))
        config = render_config(
            name,
            read_graph(release.path(graph)),
            takes=_row_shape(role, release.spec),
            gives=(release.spec.dim,),
            max_batch=release.spec.max_batch,
            instances=instances or Instances(),
        )
        _put_config(ws.store, f"{layout.TRITON}/{name}/config.pbtxt", config.encode())
    return names


def _row_shape(role: Role, spec: EncoderSpec) -> tuple[int, ...]:
    return (spec.side_px, spec.side_px, 3) if role == "image" else (spec.context,)


def repository_address(store: Store) -> str:
    """Return where a Triton server finds the models: a path, or an S3 address in Triton's own notation."""
    uri = store.uri(layout.TRITON)
    endpoint = store.options().get("aws_endpoint")
    if uri.startswith("s3://") and endpoint:
        return f"s3://{endpoint}/{uri.removeprefix('s3://')}"
    return uri.removeprefix("file://")


def prepare_repository(store: Store) -> None:
    """Make sure that a local repository exists; a server refuses to start without it."""
    address = repository_address(store)
    if "://" not in address:
        Path(address).mkdir(parents=True, exist_ok=True)


def _put_config(store: Store, key: str, config: bytes) -> None:
    """Write the configuration unless it reads so already: servers take a new date for a new configuration."""
    if not store.exists(key) or store.get(key) != config:
        store.put(key, config)


def _put_once(store: Store, key: str, path: Path) -> None:
    if store.exists(key):
        return
    if path.stat().st_size > _WHOLE_BYTES:
        store.put_file(key, path)
    else:
        _create(store, key, path.read_bytes())


def _create(store: Store, key: str, data: bytes) -> None:
    try:
        store.create(key, data)
    except ObjectExistsError:
        return  # the name carries the digest of the content
