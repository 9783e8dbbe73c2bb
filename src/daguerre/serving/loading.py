"""Bringing a release onto a server, and proving that it answers there as it did where it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from daguerre.encoders.golden import prove, read_golden
from daguerre.encoders.release import GOLDEN, Release
from daguerre.encoders.spec import EncoderError
from daguerre.serving.calls import BATCH, Cause, Patience, ServerFailure, ServerUnavailableError
from daguerre.serving.client import Client
from daguerre.serving.repository import GRAPHS, model_name
from daguerre.serving.triton_encoder import Limits, TritonEncoder

T = TypeVar("T")


class ModelRefusedError(EncoderError):
    """The inference server cannot load a release."""


def load_and_prove(url: str, release: Release, *, limits: Limits | None = None, patience: Patience = BATCH) -> float:
    """Load both towers unless they are loaded, and ask them for the golden vectors; return the smallest cosine.

    What this call loaded and cannot prove is unloaded again, so that a wrong model never answers.

    Raises:
        ModelRefusedError: the server does not load a tower; the others on the server are not touched.
        GoldenMismatchError: an answer differs from the golden vector.
        ServerUnavailableError: the server is away.
    """
    names = [model_name(role, release.spec.digest) for role in GRAPHS]
    golden = read_golden(release.path(GOLDEN))
    with _connected(url) as client:
        fresh = _load(client, names)
        encoder = TritonEncoder(release, url, limits=limits, patience=patience)
        try:
            return prove(encoder, golden)
        except EncoderError:
            for name in fresh:
                with suppress(ServerFailure):
                    client.unload(name)
            raise
        finally:
            encoder.close()


def unload_release(url: str, release: Release) -> None:
    """Unload both towers. Raises ServerUnavailableError."""
    with _connected(url) as client:
        for role in GRAPHS:
            _admin(client.unload, model_name(role, release.spec.digest))


def _load(client: Client, names: list[str]) -> list[str]:
    """Load what is not loaded; return that."""
    ready = _admin(lambda _: client.ready_models(), "repository index")
    fresh = [n for n in names if n not in ready]
    for name in fresh:
        _admin(client.load, name)
    return fresh


def _admin(action: Callable[[str], T], name: str) -> T:
    try:
        return action(name)
    except ServerFailure as e:
        if e.cause is Cause.AWAY:
            raise ServerUnavailableError(str(e)) from e
        raise ModelRefusedError(f"{name}: {e}", fix="The server's log says more; `daguerre doctor` names it.") from e


@contextmanager
def _connected(url: str) -> Iterator[Client]:
    client = Client(url)
    try:
        yield client
    finally:
        client.close()
