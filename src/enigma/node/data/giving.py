"""What a node gives other nodes of what it keeps: to those that are to keep it too, and to those whom a reader asked.

A reader's wish names the node that was asked; it counts only when that node itself brings it, over its own channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from enigma.errors import AccessRefused, ArgumentProblem
from enigma.node.data.permission import Ask, Permission, ask_from
from enigma.node.data.placing import Placing
from enigma.node.data.vault import ENTRY_LIMIT, Entry, Vault
from enigma.wire import Tree, codec

OFFER, COPY, SHOW, CONTENTS = "data.offer", "data.copy", "data.show", "data.contents"
METHODS = (OFFER, COPY, SHOW)
LIMITS: Mapping[str, int] = MappingProxyType(dict.fromkeys((COPY, SHOW), ENTRY_LIMIT + 1024))

Offered = Callable[[bytes, str, int, int], bool]
"""Told a reference, the node that offers it, the sequence of its sealed keys, and its end: whether all that is here."""


class Giving:
    """Of one node. Called on the threads of the `PeerServer`."""

    def __init__(self, vault: Vault, permission: Permission, placing: Placing, offered: Offered) -> None:
        self._vault, self._permission, self._placing, self._offered = vault, permission, placing, offered

    def serve(self, peer: str, method: str, tree: Tree) -> Tree:
        """The answer to the node `peer`. Raises ArgumentProblem, AccessRefused, `ChainProblem`."""
        match method, tree:
            case "data.offer", {"reference": bytes(reference), "sequence": int(sequence), "until": int(until)} if (
                len(reference) == 32
            ):
                return {"here": self._offered(reference, peer, sequence, until)}
            case "data.copy", {"reference": bytes(reference)}:
                return codec.encode(self._placed(peer, reference).tree())
            case "data.show", {"ask": wish}:
                return codec.encode(self.asked(peer, ask_from(wish)).tree())
        raise ArgumentProblem(f"a node knows no call {method!r} of this form")

    def stream(self, peer: str, method: str, tree: Tree) -> Iterator[bytes]:
        """Contents one after the other, from byte `start` of the first one on. Raises as `serve` does."""
        match method, tree:
            case "data.contents", {
                "reference": bytes(reference), "first": int(first), "count": int(count), "start": int(start),
                "ask": wish,
            }:  # fmt: skip
                entry = self._placed(peer, reference) if wish is None else self.asked(peer, ask_from(wish))
                if entry.reference != reference or start < 0:
                    raise ArgumentProblem("a wish for one value does not give another")
                return self._contents(entry, first, count, start)
        raise ArgumentProblem(f"a node knows no stream {method!r} of this form")

    def asked(self, peer: str, ask: Ask) -> Entry:
        """What somebody may read who has asked the node `peer`. Raises AccessRefused, ArgumentProblem."""
        if ask.node.lower() != peer.lower():
            raise AccessRefused(f"this wish was signed for {ask.node}, and {peer} brings it")
        entry = self._vault.whole(ask.reference)
        # Also where nothing is here: to whom that may be told, the chain says as well.
        self._permission.check_load(ask, 0 if entry is None else entry.lease)
        return entry or self._missing(ask.reference)

    def _placed(self, peer: str, reference: bytes) -> Entry:
        """What the node `peer` is to keep as well."""
        entry = self._vault.whole(reference) or self._missing(reference)
        lease = self._permission.lease(entry.lease) if entry.lease else None
        if peer not in self._placing.ranked(reference, lease):
            raise AccessRefused(f"{peer} is not among the nodes that keep {reference.hex()}")
        return entry

    def _contents(self, entry: Entry, first: int, count: int, start: int) -> Iterator[bytes]:
        numbers = range(len(entry.manifest.contents))[first : first + count] if first >= 0 and count > 0 else range(0)
        for index in numbers:
            content = self._vault.content(entry.reference, index)
            if content is None:
                self._missing(entry.reference)
            else:
                yield content[start:] if start else content
            start = 0

    @staticmethod
    def _missing(reference: bytes) -> Any:
        raise ArgumentProblem(f"this node does not have {reference.hex()}", hint="ask another node")
