"""JSON-RPC 2.0 over HTTP: one request, one answer, of a size that is known to be bearable.

Standard library only: a node's answer is capped before memory is taken, and a request has one deadline.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from enigma.errors import ArgumentProblem, ChainRefused, ChainUnreachable

LIMIT = 1 << 28
"""Bytes of the largest answer that is taken."""
DEEPEST = 64
"""Lists and objects of an answer within each other."""
HINT = "is the chain running there? `enigma up` starts one on this machine"


class RpcRefusal(ChainRefused):
    """An error that the node answered: its code, and the revert's bytes where it gives them."""

    def __init__(self, method: str, code: int, message: str, encoded: bytes | None) -> None:
        super().__init__(message, doing=method)
        self.code, self.encoded = code, encoded


class JsonRpc:
    """Requests to one URL. Threads may share it: each request takes an idle connection, or makes one.

    `greet` is called on each new connection, before anything else is asked on it: who answers may have changed.
    """

    def __init__(self, url: str, *, timeout: float, greet: Callable[[Callable[..., Any]], None] | None = None) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise ArgumentProblem(f"{shown(url)}: the port is no number from 0 to 65535") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ArgumentProblem(f"{shown(url)} is no address of a chain", hint="it looks like http://127.0.0.1:8545")
        self.url = shown(url)
        self._host, self._secure, self._timeout, self._greet = parts.hostname, parts.scheme == "https", timeout, greet
        self._port = port or (443 if self._secure else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        self._kept: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def ask(self, method: str, params: Sequence[Any] = (), *, timeout: float | None = None) -> Any:
        """The result of a request. Raises ChainUnreachable, or RpcRefusal with what the node said."""
        kept = self._idle()
        try:
            if kept is not None:
                try:
                    return self._keep(kept, method, params, timeout)
                except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                    pass  # it went stale between two requests, which says nothing about the node: ask on a new one
            fresh = self._connect()
            if self._greet is not None:
                try:
                    self._greet(lambda name, given=(): self._exchange(fresh, name, given, timeout))
                except BaseException:
                    fresh.close()
                    raise
            return self._keep(fresh, method, params, timeout)
        except TimeoutError:
            seconds = timeout or self._timeout
            raise ChainUnreachable(f"{self.url} did not answer {method} within {seconds:g} s", hint=HINT) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(method, error) from None

    def _keep(
        self, connection: http.client.HTTPConnection, method: str, params: Sequence[Any], timeout: float | None
    ) -> Any:
        try:
            answer = self._exchange(connection, method, params, timeout)
        except RpcRefusal:
            self._give_back(connection)
            raise
        self._give_back(connection)
        return answer

    def close(self) -> None:
        """Close all connections. A later request makes a new one."""
        while (kept := self._idle()) is not None:
            kept.close()

    def _idle(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._kept.pop() if self._kept else None

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._kept.append(connection)

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, params: Sequence[Any], timeout: float | None
    ) -> Any:
        number = next(self._numbers)
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}).encode()
        connection.timeout = timeout or self._timeout
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        try:
            connection.request("POST", self._path, body, self._headers)
            response = connection.getresponse()
            content = response.read(LIMIT + 1)
            if len(content) > LIMIT:
                raise ChainUnreachable(f"{self.url} answered {method} with more than {LIMIT >> 20} MiB")
        except BaseException:
            connection.close()
            raise
        return self._result(method, number, response.status, content)

    def _result(self, method: str, number: int, status: int, content: bytes) -> Any:
        try:
            answer = json.loads(content.decode()) if _shallow(content) else None
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise ChainUnreachable(
                f"{self.url} answers, but not as a chain's node does (HTTP status {status})",
                hint="is it the address of a JSON-RPC endpoint?",
            )
        problem = answer.get("error")
        if problem is None:
            if answer.get("id") != number:
                raise ChainUnreachable(f"{self.url} answered another request than {method}")
            return answer["result"]
        if not isinstance(problem, dict):
            problem = {"message": str(problem)}
        code = problem.get("code")
        raise RpcRefusal(
            method, code if isinstance(code, int) else 0, str(problem.get("message"))[:1000], _revert(problem)
        )

    def _unreachable(self, method: str, error: Exception) -> ChainUnreachable:
        if isinstance(error, ssl.SSLCertVerificationError):
            return ChainUnreachable(f"{self.url} shows a certificate that is not valid: {error.verify_message}")
        if isinstance(error, OSError) and error.strerror:
            return ChainUnreachable(f"no chain answers at {self.url}: {error.strerror.lower()}", hint=HINT)
        return ChainUnreachable(
            f"{self.url} broke off during {method}: {str(error) or type(error).__name__}", hint=HINT
        )


def shown(url: str) -> str:
    """A URL without its password, for errors and screens."""
    user, found, rest = url.rpartition("@")
    scheme = user.partition("://")[0]
    return f"{scheme}://{rest}" if found and "://" in user else url


def _shallow(content: bytes) -> bool:
    """Is this nested no deeper than answers are? Python's parser recurses in C, and could end the whole process."""
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return True
    depth = 0
    # Without escaped backslashes and quotes, every second piece between quotes is outside of all strings.
    for piece in content.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]:
        for byte in piece:
            if byte in b"[{":
                depth += 1
                if depth > DEEPEST:
                    return False
            elif byte in b"]}":
                depth -= 1
    return True


def _revert(problem: dict[str, Any]) -> bytes | None:
    """The bytes of a revert: nodes put them under `data`, some one level deeper."""
    found = problem.get("data")
    if isinstance(found, dict):
        found = found.get("data") or found.get("result")
    if isinstance(found, str) and found.startswith("0x"):
        try:
            return bytes.fromhex(found[2:])
        except ValueError:
            return None
    return None
