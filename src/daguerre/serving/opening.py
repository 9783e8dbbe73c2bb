"""One call from a digest to an encoder that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from daguerre.encoders.archive import fetch_release, find_digest
from daguerre.serving.calls import BATCH, Patience
from daguerre.serving.loading import load_and_prove
from daguerre.serving.repository import publish
from daguerre.serving.server import ensure, local_server
from daguerre.serving.triton_encoder import Limits, TritonEncoder
from daguerre.workspace import Workspace


@contextmanager
def open_encoder(ws: Workspace, name: str, *, patience: Patience = BATCH) -> Iterator[TritonEncoder]:
    """Fetch a release by its digest or space, publish it, have a server load and prove it, and talk to it.

    The server is started when there is none and stopped by the last process that used it. When it dies meanwhile, the
    encoder starts it again, as long as its `patience` lasts.

    Raises:
        ReleaseNotFoundError, ReleaseTamperedError: the store's fault.
        ServerMissingError, ServerStartError, ServerUnavailableError, ModelRefusedError: the server's fault.
        GoldenMismatchError: the release answers otherwise than where it was made.
    """
    release = fetch_release(ws, find_digest(ws.store, name))
    publish(ws, release)
    settings = ws.settings
    limits = Limits(
        batch=settings.inference_batch, in_flight=settings.inference_in_flight, deadline_s=settings.inference_deadline_s
    )

    def bring_up() -> str:
        url = ensure(ws).url
        load_and_prove(url, release, limits=limits, patience=patience)
        return url

    with local_server(ws):
        encoder = TritonEncoder(release, bring_up(), limits=limits, patience=patience, recover=bring_up)
        try:
            yield encoder
        finally:
            encoder.close()
