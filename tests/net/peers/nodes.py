"""Nodes that call each other: a gate, a book, a server and a client each, in one process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from enigma.errors import AccessRefused
from enigma.keys import NodeKey
from enigma.net import PEERS, AddressBook, Endpoint, Gate, Listener, PeerClient, PeerServer
from enigma.wire.codec import Tree


class Node:
    """One node. Its handlers are those of `Handlers`, unless the test gives others."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.key = NodeKey.generate()
        self.fingerprint = self.key.fingerprint
        self.book = AddressBook()
        self.gate = stack.enter_context(Gate(stack.enter_context(Listener())))
        self.handlers = Handlers()
        self.defects: list[Exception] = []

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(*self.gate.address)

    def serve(self, **options: Any) -> PeerServer:
        server = PeerServer(
            self.gate.open(PEERS),
            self.key,
            self.book,
            self.handlers.serve,
            **{
                "serve_download": self.handlers.download,
                "serve_upload": self.handlers.upload,
                "defect": self.defects.append,
                **options,
            },
        )
        self.stack.callback(server.close)
        return server

    def client(self, **options: Any) -> PeerClient:
        return self.stack.enter_context(PeerClient(self.key, self.book, **options))

    def knows(self, other: Node, endpoint: Endpoint | None = None) -> None:
        self.book.keep(endpoint or other.endpoint, other.fingerprint, other.key.certificate_pem())


def pair(stack: ExitStack) -> tuple[Node, Node]:
    """Two nodes that know each other; nobody serves yet."""
    nodes = Node(stack), Node(stack)
    nodes[0].knows(nodes[1])
    nodes[1].knows(nodes[0])
    return nodes


def blocks(count: int, size: int = 100_000) -> Iterator[bytes]:
    """Different bytes in every block."""
    for number in range(count):
        yield number.to_bytes(4, "little") * (size // 4)


class Handlers:
    """What a node of the tests serves. `open` holds back the calls of "wait"; `calls` says what was served, to whom."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, str]] = []
        self.open = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.running = 0
        self.most_running = 0
        self.lock = threading.Lock()
        self.closed: list[str] = []
        self.errors: dict[str, Exception] = {}

    def serve(self, peer: bytes, method: str, tree: Tree) -> Tree:
        with self.lock:
            self.calls.append((peer, method))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            match method:
                case "echo":
                    return tree
                case "who":
                    return peer
                case "wait":
                    self.waiting.release()
                    assert self.open.wait(60)
                    return tree
                case "long":
                    assert isinstance(tree, int)
                    return bytes(tree)
                case error if error in self.errors:
                    raise self.errors[error]
                case _:
                    raise AccessRefused(f"nobody may {method}")
        finally:
            with self.lock:
                self.running -= 1

    def download(self, peer: bytes, method: str, tree: Tree) -> Iterable[bytes]:
        assert isinstance(tree, dict)
        assert isinstance(tree["count"], int)
        with self.lock:
            self.calls.append((peer, method))
        try:
            for number, block in enumerate(blocks(tree["count"])):
                if number == tree.get("breaks"):
                    raise self.errors[method]
                yield block
        finally:
            self.closed.append(method)

    def upload(self, peer: bytes, method: str, tree: Tree, pieces: Iterator[bytes]) -> Tree:
        with self.lock:
            self.calls.append((peer, method))
        if method == "refuse":
            next(pieces)
            raise AccessRefused("enough")
        if method == "ignore":
            return "not looked at"
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        return digest.digest()
