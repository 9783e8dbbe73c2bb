"""One call from a digest to an encoder that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from daguerre.encoders.archive import fetch_release, find_digest
from daguerre.serving.calls import BATCH, Patience, ServerUnavailableError
from daguerre.serving.loading import load_and_prove
from daguerre.serving.repository import publish
from daguerre.serving.server import ensure, local_server
from daguerre.serving.triton_encoder import Limits, TritonEncoder
from daguerre.workspace import Workspace

#: A server may die so often while it is opened; the next try starts it again.
_DEATHS = 2
_AWAY_S = 1.0


@contextmanager
def open_encoder(ws: Workspace, name: str, *, patience: Patience = BATCH) -> Iterator[TritonEncoder]:
    """Fetch a release by its digest or space, publish it, have a server load and prove it, and talk to it.

    The server is started when there is none and stopped by the last process that used it. When it dies meanwhile it is
    started again: a few times while it is opened, then as long as the encoder's `patience` lasts.

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

    ours = not settings.triton_url
    # A server of ours that is away does not come back by itself: whoever waits for it waits in vain.
    proving = replace(patience, away_s=min(patience.away_s, _AWAY_S)) if ours else patience

    def bring_up() -> str:
        url = ensure(ws).url
        load_and_prove(url, release, limits=limits, patience=proving)
        return url

    def open_first() -> str:
        for _ in range(_DEATHS if ours else 0):
            with suppress(ServerUnavailableError):
                return bring_up()
        return bring_up()

    with local_server(ws):
        encoder = TritonEncoder(release, open_first(), limits=limits, patience=patience, recover=bring_up)
        try:
            yield encoder
        finally:
            encoder.close()
