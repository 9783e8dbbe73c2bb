"""What there is to say about the inference server of this workspace."""

from __future__ import annotations

from daguerre.serving.calls import ServerFailure
from daguerre.serving.client import Client
from daguerre.serving.installation import ServerMissingError, find_installation
from daguerre.serving.state import server_folder
from daguerre.workspace import Workspace


def server_facts(ws: Workspace) -> dict[str, str]:
    """Describe installation, process and loaded models without starting anything.

    Returns:
        `installation` (a path, or what is missing), `state` (answers, deaf or not running), and of a server that
        answers `url`, `version`, `models`; of our own also `pid`, `since`, `log`.
    """
    facts = {"installation": _installation(ws)}
    folder = server_folder(ws)
    state = folder.read()
    url = ws.settings.triton_url or (state.url if state else "")
    if not url:
        return facts | {"state": "not running"}
    if state and not ws.settings.triton_url:
        facts |= {"pid": str(state.pid), "since": state.started_at, "log": str(folder.log)}
    client = Client(url)
    try:
        server = client.facts()
        models = " ".join(sorted(client.ready_models()))
    except ServerFailure as e:
        return facts | {"state": "deaf", "url": url, "error": str(e)}
    finally:
        client.close()
    return facts | {"state": "answers", "url": url, "version": server["version"], "models": models or "none"}


def _installation(ws: Workspace) -> str:
    if ws.settings.triton_url:
        return "not needed"
    try:
        return str(find_installation(ws).binary)
    except ServerMissingError as e:
        return str(e)
