"""What a person says to one node to store data there, and to load data through it."""

from __future__ import annotations

import json
import time
from typing import Any

from enigma.client.seat_api import SeatApi
from enigma.errors import WireError
from enigma.keys.account import Account
from enigma.keys.asking import LOAD, LONGEST, STORE, sign_ask
from enigma.keys.typed_data import Types
from enigma.net.dht import Manifest
from enigma.net.dht.manifest import MANIFEST_LIMIT, manifest_from
from enigma.wire import Tree, codec

LIMIT = MANIFEST_LIMIT + (1 << 17)
SIGNED_FOR = LONGEST // 2
"""Seconds: a signature is used for half of the time that nodes take it, since clocks differ."""


class DataApi:
    """One node and one reference, for one account; every request is signed for that node alone."""

    def __init__(self, seat: SeatApi, chain: int, account: Account, reference: bytes) -> None:
        self.seat, self._chain, self._account, self._reference = seat, chain, account, reference
        self._signed: dict[str, tuple[float, dict[str, Any]]] = {}

    @property
    def name(self) -> str:
        """The node's."""
        return self.seat.node.node

    def known(self) -> bool:
        """Whether the node has read the reference on the chain."""
        return bool(self._told("GET", "")["known"])

    def begin(self, manifest: Manifest, seals: Tree, lease: int) -> list[int]:
        """Announce a value; the numbers of the contents that are still to come."""
        entry = codec.encode([manifest.encoded(), seals, lease, 0, False])
        told = self._told("PUT", "/entry", STORE, content=entry)
        return [int(index) for index in told["missing"]]

    def put(self, index: int, content: bytes) -> None:
        """Bring a content."""
        self._told("PUT", f"/contents/{index}", STORE, content=content)

    def finish(self) -> tuple[list[str], list[str]]:
        """All is there: the nodes that keep it by now, and those to which it is on its way."""
        told = self._told("POST", "", STORE)
        return [str(each) for each in told["here"]], [str(each) for each in told["coming"]]

    def seal(self, seals: Tree) -> None:
        """Bring newer sealed keys."""
        self._told("PUT", "/seals", STORE, content=codec.encode(seals))

    def show(self) -> tuple[Manifest, bytes]:
        """The manifest, and the sealed keys; neither is held against anything yet. Raises WireError."""
        tree: Any = codec.decode(self._ask("GET", "/entry", LOAD), limit=LIMIT)
        match tree:
            case [bytes(manifest), [bytes(sealed), int(), bytes()], int(), int(), bool()]:
                return manifest_from(manifest), sealed
        raise WireError(f"node {self.name} shows no stored value")

    def content(self, index: int) -> bytes:
        """A content, as this node has it: whoever asks checks it."""
        return self._ask("GET", f"/contents/{index}", LOAD)

    def holders(self) -> list[str]:
        """The nodes that say they keep it, or should."""
        return [str(each) for each in self._told("GET", "/holders", LOAD)["holders"]]

    def _told(self, method: str, place: str, types: Types | None = None, **more: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._ask(method, place, types, **more))
        return told

    def _ask(self, method: str, place: str, types: Types | None = None, **more: Any) -> bytes:
        signed = {} if types is None else self._signature(types)
        return self.seat.ask(method, f"/v1/data/{self._reference.hex()}{place}", params=signed, **more)

    def _signature(self, types: Types) -> dict[str, Any]:
        (kind,) = types
        until, signed = self._signed.get(kind, (0.0, {}))
        if time.monotonic() >= until:
            deadline = int(time.time()) + LONGEST
            signature = sign_ask(
                self._account, types, self._chain, node=self.name, reference=self._reference, deadline=deadline
            )
            signed = {"who": self._account.address, "deadline": deadline, "signature": "0x" + signature.hex()}
            self._signed[kind] = (time.monotonic() + SIGNED_FOR, signed)
        return signed
