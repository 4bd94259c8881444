"""A node between us and the node, which may lie, keep silent, or break off."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Tamper = Callable[[str, list[Any], dict[str, Any]], Any]


class Proxy:
    """Passes requests on to the node at `port`. A context manager.

    `tamper` gets method, parameters and the node's whole answer, and gives what is answered instead: an object, or
    bytes as they are. `before` is called with method and parameters; when it says False the node is not asked at all.
    """

    def __init__(self, port: int, tamper: Tamper | None = None) -> None:
        self.tamper, self.port = tamper, port
        self.before: Callable[[str, list[Any]], bool] = lambda method, params: True
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json.loads(body)
                method, params = request["method"], request["params"]
                proxy.asked.append(method)
                answer: Any = {"jsonrpc": "2.0", "id": request["id"]}
                if proxy.before(method, params):
                    node = http.client.HTTPConnection("127.0.0.1", proxy.port)
                    node.request("POST", "/", body, {"Content-Type": "application/json"})
                    answer = json.loads(node.getresponse().read())
                    node.close()
                if proxy.tamper is not None:
                    answer = proxy.tamper(method, params, answer)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *said: object) -> None:
                """Nothing on the screen."""

        return Handler


def port_of(url: str) -> int:
    """The port of a URL that names one."""
    return int(url.rpartition(":")[2])
