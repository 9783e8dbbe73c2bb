"""A search process that follows this installation's registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from daguerre.lifecycle.routing import read_routes
from daguerre.registry.log import newest_number
from daguerre.search.live import DEADLINE_S, LiveSearch
from daguerre.search.routes import Route
from daguerre.search.service import SearchService
from daguerre.serving.calls import ONLINE
from daguerre.serving.opening import open_encoder
from daguerre.workspace import Workspace


class OpenRoute:
    """A release that a server has loaded and proven, with the published snapshot of its space."""

    def __init__(self, ws: Workspace, route: Route) -> None:
        """Open both. Raises as `open_encoder` and `SearchService` do."""
        with ExitStack() as stack:
            encoder = stack.enter_context(open_encoder(ws, route.release, patience=ONLINE))
            self.service = SearchService(ws, encoder)
            self._behind = stack.pop_all()

    def close(self) -> None:
        """Hang up; the server is stopped by its last user."""
        self._behind.close()


@contextmanager
def open_live_search(ws: Workspace, *, deadline_s: float = DEADLINE_S) -> Iterator[LiveSearch]:
    """Answer from what the registry names as production, for as long as the context lasts.

    `deadline_s` is how long one query may try; a server that is started again within that time costs no answer.

    Raises:
        NoProductionError: nothing was ever promoted.
        ReleaseNotFoundError, SnapshotNotFoundError, RouteUnfitError, ServerMissingError, ...: production cannot be
            opened at the start.
    """
    # A server that accepts a request and never answers must not take longer than the whole query.
    patient = min(ws.settings.inference_deadline_s, deadline_s / 2)
    serving = replace(ws, settings=ws.settings.model_copy(update={"inference_deadline_s": patient}))
    product = ws.settings.product
    with LiveSearch(
        ws,
        read_routes=lambda: read_routes(ws),
        open_route=lambda route: OpenRoute(serving, route),
        newest=lambda known: newest_number(ws, product, known),
        deadline_s=deadline_s,
    ) as search:
        yield search
