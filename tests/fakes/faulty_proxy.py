"""A proxy in front of a real HTTP server that does what networks and busy servers do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

#: refuse: answer `status` at once. lose: forward, then hang up without an answer. cut: send half of the body.
#: hang: forward nothing and stay silent. before: run `action` first, then forward.
Kind = Literal["refuse", "lose", "cut", "hang", "before"]


@dataclass(kw_only=True)
class Fault:
    """What happens to the next `times` requests of `method` whose path contains `path`."""

    kind: Kind
    method: str
    path: str = ""
    times: int = 1
    status: int = 500
    code: str = "InternalError"
    action: Callable[[], None] = lambda: None


@dataclass
class FaultyProxy:
    """Plans faults and remembers every request as (method, path)."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)

    def plan(self, fault: Fault) -> None:
        """Add a fault behind those that are planned already."""
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request, and use it up."""
        with self._lock:
            self.requests.append((method, path))
            for fault in self._faults:
                if fault.times and fault.method == method and fault.path in path:
                    fault.times -= 1
                    return fault
        return None

    def count(self, method: str) -> int:
        """Return how many requests of `method` came."""
        return sum(m == method for m, _ in self.requests)


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    """Yield a proxy on a free port of 127.0.0.1 that forwards to `upstream`."""
    proxy = FaultyProxy("")
    target = upstream.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = proxy.take(self.command, self.path)
            if fault and fault.kind == "refuse":
                answer = f"<Error><Code>{fault.code}</Code><Message>planned</Message></Error>".encode()
                self.reply(fault.status, [("Content-Type", "application/xml")], answer, len(answer))
                return
            if fault and fault.kind == "hang":
                proxy.released.wait(30)
                self.close_connection = True
                return
            if fault and fault.kind == "before":
                fault.action()
            connection = http.client.HTTPConnection(target, timeout=30)
            try:
                connection.request(self.command, self.path, body=body, headers=dict(self.headers.items()))
                response = connection.getresponse()
                answer = response.read()
                headers = [(k, v) for k, v in response.getheaders() if k.lower() not in HOP]
                length = int(response.headers.get("Content-Length") or len(answer))
            finally:
                connection.close()
            if fault and fault.kind == "lose":
                self.close_connection = True
                return
            if fault and fault.kind == "cut":
                answer = answer[: len(answer) // 2]
                self.close_connection = True
            self.reply(response.status, headers, answer, length)

        def reply(self, status: int, headers: list[tuple[str, str]], answer: bytes, length: int) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
