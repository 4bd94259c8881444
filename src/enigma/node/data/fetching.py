"""Getting what other nodes keep: found through the DHT, checked content by content, gone on with where one stopped.

A node that hands out other bytes than the manifest names is told of in the log and in the error, and not asked again
for this value; one that stops in the middle is replaced by the next, from the byte where it stopped.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from enigma.errors import CallRefused, EnigmaError, InputError, NetworkError, NobodyAnswered, ProtocolError
from enigma.net.dht import Manifest, reference_key
from enigma.node.data.giving import CONTENTS, COPY, SHOW
from enigma.node.data.ids import Ids
from enigma.node.data.overlay import Overlay
from enigma.node.data.permission import Ask, Permission
from enigma.node.data.placing import Placing
from enigma.node.data.vault import Entry, Vault, entry_from
from enigma.node.logs import event as log
from enigma.wire import Tree

T = TypeVar("T")

REMEMBERED = 256
"""Manifests of values that are elsewhere."""


class Peers(Protocol):
    """The way to other nodes, by their names."""

    def call(self, name: str, method: str, tree: Tree) -> Any:
        """A node's answer. Raises `NetworkError`, and what it answers with."""

    def stream(self, name: str, method: str, tree: Tree, limit: int) -> Iterator[bytes]:
        """A node's stream. Raises the same."""


class Fetching:
    """Of the node `name`."""

    def __init__(
        self, name: str, peers: Peers, ids: Ids, overlay: Overlay, placing: Placing, permission: Permission
    ) -> None:
        self._name, self._peers, self._ids, self._overlay = name, peers, ids, overlay
        self._placing, self._permission = placing, permission
        self._turn = threading.Lock()
        self._shown: OrderedDict[bytes, Manifest] = OrderedDict()
        self.altered: Counter[str] = Counter()
        """How often each node has handed out bytes that were not those asked for."""

    def holders(self, reference: bytes) -> list[str]:
        """The other nodes that say they keep a value, then those that should. Raises `ChainProblem`."""
        try:
            told = self._overlay.dht.providers(reference_key(reference))
        except NetworkError:
            told = ()  # the chain says who should have it
        named = [name for each in told if (name := self._ids.name(each)) is not None]
        found = dict.fromkeys([*named, *self._placing.ranked(reference, None)])
        return [each for each in found if each != self._name]

    def show(self, ask: Ask) -> Entry:
        """A value's manifest and sealed keys, for whom this node has found to be allowed them."""

        def get(node: str) -> Entry:
            found = entry_from(ask.reference, self._peers.call(node, SHOW, {"ask": ask.tree()}))
            self._permission.check_entry(found)
            return found

        found = self._first(ask.reference, get)
        with self._turn:
            self._shown[ask.reference] = found.manifest
            while len(self._shown) > REMEMBERED:
                self._shown.popitem(last=False)
        return found

    def manifest(self, ask: Ask) -> Manifest:
        """A value's manifest, which never changes: got once."""
        with self._turn:
            known = self._shown.get(ask.reference)
        return known or self.show(ask).manifest

    def content(self, ask: Ask, manifest: Manifest, index: int) -> bytes:
        """One content, checked."""

        def get(node: str) -> bytes:
            (content,) = self._run(node, ask.reference, manifest, [index], _Partial(), ask.tree())
            return content

        return self._first(ask.reference, get)

    def copy(self, reference: bytes, source: str, vault: Vault, ending: Callable[[], bool]) -> Entry:
        """Take a value over that is to be kept here, from the node that offered it, and from others where that fails.

        Raises what the chain, the room here, or the last of the holders has against it.
        """
        entry = entry_from(reference, self._peers.call(source, COPY, {"reference": reference}))
        self._permission.check_entry(entry)
        begun = vault.begin(entry)
        partial = _Partial()

        def go_on(node: str) -> Entry:
            while lacking := vault.missing(reference):
                run = [index for place, index in enumerate(lacking) if index == lacking[0] + place]
                try:
                    contents = self._run(node, reference, begun.manifest, run, partial, None)
                    for index, content in zip(run, contents, strict=True):
                        vault.take(reference, index, content)
                        if ending():
                            raise NetworkError("this node is stopping")
                except _Mixed:
                    continue  # what came of several nodes is thrown away: this one gives all of that content
            return vault.finish(reference)

        return self._first(reference, go_on, [source])

    def _run(
        self, node: str, reference: bytes, manifest: Manifest, run: Sequence[int], partial: _Partial, ask: Tree
    ) -> Iterator[bytes]:
        """Contents one after the other from one node, each checked. What came of an unfinished one is in `partial`."""
        start = len(partial.octets)
        tree: Tree = {"reference": reference, "first": run[0], "count": len(run), "start": start, "ask": ask}
        limit = sum(manifest.length(index) for index in run) - start
        left = list(run)
        for piece in self._peers.stream(node, CONTENTS, tree, limit):
            partial.octets += piece
            partial.nodes.add(node)
            while left and len(partial.octets) >= manifest.length(left[0]):
                content = bytes(partial.octets[: manifest.length(left[0])])
                del partial.octets[: len(content)]
                mixed, partial.nodes = len(partial.nodes) > 1, {node}
                if not manifest.fits(left[0], content):
                    partial.clear()
                    raise _Mixed if mixed else self._altered(node, reference, left[0])
                yield content
                del left[0]
        if left and manifest.length(left[0]) == 0:
            yield b""
        elif left:
            raise NetworkError(f"node {node} ended before content {left[0]} of {reference.hex()} was there")

    def _altered(self, node: str, reference: bytes, index: int) -> ProtocolError:
        self.altered[node] += 1
        log("a node hands out altered data", level=logging.ERROR, peer=node, reference=reference.hex(), content=index)
        return ProtocolError(f"node {node} handed out altered bytes of {reference.hex()}, content {index}")

    def _first(self, reference: bytes, get: Callable[[str], T], before: Sequence[str] = ()) -> T:
        """What the first holder gives that gives it. Raises the gravest of what all of them answered."""
        problems: list[EnigmaError] = []
        for node in dict.fromkeys([*before, *self.holders(reference)]):
            try:
                return get(node)
            except EnigmaError as problem:
                problems.append(problem)
                log("data not got", level=logging.DEBUG, peer=node, reference=reference.hex(), problem=problem.message)
        for kind in (ProtocolError, CallRefused, InputError, NetworkError):
            for each in problems:
                if isinstance(each, kind):
                    raise each
        raise problems[0] if problems else NobodyAnswered(f"no node keeps {reference.hex()}")


@dataclass
class _Partial:
    """The beginning of a content, and the nodes that it came from."""

    octets: bytearray = field(default_factory=bytearray)
    nodes: set[str] = field(default_factory=set)

    def clear(self) -> None:
        self.octets.clear()
        self.nodes.clear()


class _Mixed(Exception):
    """A content that came from several nodes is not what it should be: which of them altered it, nobody knows."""
