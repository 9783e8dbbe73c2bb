"""A server with the model hub's file layout: what a download of one repository asks for, and nothing else."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(repositories: dict[str, Path]) -> Iterator[str]:
    """Serve folders as repositories on loopback; yield the address for HF_ENDPOINT."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: object) -> None:
            return

        def _answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            for name, folder in repositories.items():
                if path.startswith(f"/api/models/{name}"):
                    files = sorted(p for p in folder.rglob("*") if p.is_file())
                    siblings = [{"rfilename": p.relative_to(folder).as_posix()} for p in files]
                    if "/tree/" in path:
                        tree = [
                            {"type": "file", "path": p.relative_to(folder).as_posix(), "size": p.stat().st_size,
                             "oid": hashlib.sha1(p.read_bytes()).hexdigest()}
                            for p in files
                        ]  # fmt: skip
                        return self._send(json.dumps(tree).encode(), "application/json", body)
                    facts = {
                        "id": name,
                        "sha": _COMMIT,
                        "siblings": siblings,
                        "private": False,
                        "tags": [],
                        "downloads": 0,
                    }
                    return self._send(json.dumps(facts).encode(), "application/json", body)
                begin = f"/{name}/resolve/{_COMMIT}/"
                if path.startswith(begin) and (folder / path.removeprefix(begin)).is_file():
                    return self._send(
                        (folder / path.removeprefix(begin)).read_bytes(), "application/octet-stream", body
                    )
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def _send(self, data: bytes, kind: str, body: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", _COMMIT)
            self.end_headers()
            if body:
                self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
