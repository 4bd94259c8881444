"""This node in the DHT: it joins when the chain has its registration, and maintains what it holds on a thread."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from enigma.errors import EnigmaError, NetworkError, NobodyAnswered
from enigma.net.dht import DhtNode, Record, Settings
from enigma.net.dht.carrier import PeersTransport, serving
from enigma.net.dht.live import Dht
from enigma.net.peers import PeerClient
from enigma.node.data.ids import Ids
from enigma.node.logs import event as log
from enigma.storage import Store
from enigma.wire import Tree

LOOK_EVERY = 0.25
"""Seconds between two looks for the own registration."""
JOIN_AGAIN = 1.0
AFTER_FAILURE = 60.0
MAINTAIN_EVERY = 120.0
SEEDS = 8
"""Registered nodes that are asked along with the contacts, drawn anew each time."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the DHT is at this node. `octets`: of the records' values; `providers`: announcements by others."""

    contacts: int = 0
    records: int = 0
    octets: int = 0
    providers: int = 0
    joined: bool = False


class Overlay:
    """A node's part of the DHT. `serve` answers peers from the moment when this node has an id."""

    def __init__(
        self,
        ids: Ids,
        store: Store,
        client: PeerClient,
        *,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
    ) -> None:
        self._ids, self._store, self._client, self._clock = ids, store, client, clock
        self._settings = settings or Settings()
        self._turn = threading.Lock()
        self._dht: Dht | None = None
        self._serve: Callable[[bytes, str, Tree], Tree] | None = None
        self._ending = threading.Event()
        self._stepped = threading.Condition()
        self._joined = False
        self._pause = JOIN_AGAIN
        self._thread = threading.Thread(target=self._run, name="dht maintenance", daemon=True)

    def start(self) -> None:
        """Begin to join."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the calls in flight: the caller closes the `PeerClient` first, which ends them."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._turn:
            if self._dht is not None:
                self._dht.close()

    @property
    def dht(self) -> Dht:
        """The DHT, to be asked. Raises `NetworkError` before this node is registered."""
        found = self._known()
        if found is None:
            raise NetworkError("this node is not in the DHT", hint="it joins when the chain says that it is registered")
        return found

    def wait_joined(self, seconds: float, contacts: int = 1) -> bool:
        """Until so many other nodes of the DHT are known; False after so many seconds."""
        until = time.monotonic() + seconds
        with self._stepped:
            while not (self._joined and self.numbers.contacts >= contacts):
                if time.monotonic() >= until:
                    return False
                self._stepped.wait(LOOK_EVERY)  # contacts come by what others ask, too
        return True

    def serve(self, fingerprint: bytes, method: str, fields: Tree) -> Tree:
        """The answer to a peer, for the DHT's methods. Raises `NetworkError`, `WireError`."""
        if self._known() is None or self._serve is None:
            raise NetworkError("the node that was asked is not in the DHT yet")
        return self._serve(fingerprint, method, fields)

    @property
    def numbers(self) -> Numbers:
        """How it is now."""
        found = self._known()
        if found is None:
            return Numbers()
        node = found.node
        return Numbers(len(node.table), len(node.shelf), node.shelf.size, len(node.providers), self._joined)

    def _known(self) -> Dht | None:
        with self._turn:
            if self._dht is None and (own := self._ids.own) is not None:
                node = DhtNode(
                    own, admitted=self._ids.admitted, lease=_free, store=self._store, clock=self._clock,
                    randomness=os.urandom, settings=self._settings,
                )  # fmt: skip
                self._dht = Dht(node, PeersTransport(self._client, self._ids.fingerprint))
                self._serve = serving(node, self._ids.id_of)
            return self._dht

    def _run(self) -> None:
        pause = LOOK_EVERY
        while not self._ending.wait(pause):
            pause = LOOK_EVERY
            found = self._known()
            if found is None:
                continue
            others = self._ids.all()
            seeds = SystemRandom().sample(others, min(SEEDS, len(others)))
            try:
                pause = self._step(found, seeds)
            except NobodyAnswered as error:
                pause = JOIN_AGAIN
                log("nobody of the DHT answers", level=logging.DEBUG, problem=error.message)
            except EnigmaError as error:
                pause = AFTER_FAILURE
                log("the DHT is not maintained", level=logging.ERROR, problem=error.message)

    def _step(self, found: Dht, seeds: list[bytes]) -> float:
        """Seconds until the next one. Not all may be there yet when a network begins: it looks for them soon again."""
        if self._joined and len(found.node.table) >= len(seeds):
            sent = found.maintain(seeds)
            log("DHT maintained", level=logging.DEBUG, contacts=len(found.node.table), republished=sent)
            return MAINTAIN_EVERY
        contacts = found.join(seeds)
        if contacts and not self._joined:
            log("joined the DHT", contacts=contacts, records=len(found.node.shelf))
        if self._joined:
            found.maintain(seeds)
        with self._stepped:
            self._joined = self._joined or contacts > 0
            self._stepped.notify_all()
        self._pause = min(1.5 * self._pause, MAINTAIN_EVERY)
        return self._pause


def _free(record: Record) -> int:
    """Records cost nothing: they have at most 64 KiB, and 30 days; one giver may have only so many here."""
    return record.expires
