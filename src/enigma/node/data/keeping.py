"""Keeping values where they belong, for as long as they are paid for: one thread that tends them one after the other.

brought here or offered -> announced in the DHT -> offered to the nodes that rank first -> dropped where others keep it
lease: active: kept and served; unpaid: its owner alone reads; after the grace time, closed, or erased: deleted
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from enigma.chain.events import Event
from enigma.chain.leases import Lease, Leases, Status
from enigma.errors import ArgumentProblem, ChainRefused, EnigmaError, NetworkError, RecordRefused
from enigma.net.dht import reference_key
from enigma.node.data.fetching import Fetching, Peers
from enigma.node.data.giving import OFFER
from enigma.node.data.overlay import Overlay
from enigma.node.data.permission import Permission
from enigma.node.data.placing import Placing
from enigma.node.data.vault import Entry, Vault
from enigma.node.logs import event as log
from enigma.wire import Tree

ROUND = 5.0
"""Seconds between two looks for what is due."""
TEND_EVERY = 1800.0
TEND_AGAIN = 10.0
ANNOUNCED = 12 * 3600
DAY = 86_400
LOOK_AGAIN = 0.25
LAST_TURN = 9
"""Turns of a fortieth of a term each, in which one seat after the other begins to renew a lease."""
MOST_OFFERS = 1024


@dataclass(frozen=True, slots=True)
class Placed:
    """Which nodes keep a value now, and which were asked to and do not have it whole yet."""

    here: tuple[str, ...]
    coming: tuple[str, ...]


class Keeping:
    """Of the node `name`. `clock`: seconds since 1970, by which leases go. `leases` sends in the node's own name."""

    def __init__(
        self,
        name: str,
        vault: Vault,
        permission: Permission,
        placing: Placing,
        fetching: Fetching,
        overlay: Overlay,
        peers: Peers,
        clock: Callable[[], int],
        leases: Leases,
    ) -> None:
        self._name, self._vault, self._permission, self._placing = name, vault, permission, placing
        self._fetching, self._overlay, self._peers = fetching, overlay, peers
        self._clock, self._leases_of, self._grace = clock, leases, cache(leases.grace)
        self._turn = threading.Condition()
        self._offers: dict[bytes, str] = {}
        self._due: dict[bytes, float] = {}
        self._leases: dict[int, Lease] = {}
        self._opened: dict[bytes, int] = {}
        """Leases that may be for what is here, and have not been looked at."""
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="data keeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Begin nothing more."""
        with self._turn:
            self._ending = True
            self._turn.notify_all()

    def join(self) -> None:
        """Wait until nothing goes on any more."""
        if self._thread.is_alive():
            self._thread.join()

    # ------------------------------------------------------------ what others say

    def offered(self, reference: bytes, source: str, sequence: int, until: int) -> bool:
        """Another node offers a value that is to be kept here: whether it is here already. Raises ArgumentProblem."""
        entry = self._vault.whole(reference)
        if entry is not None and entry.seals.sequence >= sequence and (entry.lease or entry.until + DAY >= until):
            return True
        with self._turn:
            if reference not in self._offers and len(self._offers) >= MOST_OFFERS:
                raise ArgumentProblem("this node has been offered as much as it remembers")
            self._offers[reference] = source
            self._turn.notify_all()
        return False

    def hear(self, event: Event, controller: str) -> None:
        """One event of the chain: what it is about is looked at again soon."""
        match controller, event.name:
            case "Identities", "Erased" | "Restricted":
                self.look(bytes(event.values["reference"]))
            case "Leases", "Opened" if not event.removed:
                for entry in self._vault.all():
                    if entry.manifest.hash == bytes(event.values["content"]):
                        with self._turn:
                            self._opened[entry.reference] = int(event.values["lease"])
                        self.look(entry.reference)
            case "Leases", _ if "lease" in event.values:
                number = int(event.values["lease"])
                for entry in self._vault.all():
                    if entry.lease == number:
                        self.look(entry.reference)

    def look(self, reference: bytes) -> None:
        """Tend a value next."""
        with self._turn:
            self._due[reference] = 0.0
            self._turn.notify_all()

    def _again(self, reference: bytes) -> None:
        """Tend a value, but not at once where that has just been done."""
        with self._turn:
            soon = time.monotonic() + TEND_AGAIN
            self._due[reference] = min(self._due.get(reference, 0.0), soon)

    def spread(self, reference: bytes, patience: float) -> Placed:
        """Announce a value, and have the nodes keep it that are to; what came of it within so many seconds."""
        until = time.monotonic() + patience
        entry = self._vault.whole(reference)
        if entry is None:
            raise ArgumentProblem(f"this node does not have {reference.hex()}")
        self._announce(entry)
        while True:
            placed = self._offer(entry)
            if not placed.coming or time.monotonic() >= until or self._wait_ending(LOOK_AGAIN):
                return placed

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._ending:
            with self._turn:
                now = time.monotonic()
                offers, self._offers = self._offers, {}
                due = [entry for entry in self._vault.all() if self._due.get(entry.reference, 0.0) <= now]
                if not offers and not due:
                    self._turn.wait(ROUND)
            for reference, source in offers.items():
                self._surely(reference, lambda r=reference, s=source: self._take(r, s))  # type: ignore[misc]
            for entry in due:
                self._surely(entry.reference, lambda e=entry: self._tend(e))  # type: ignore[misc]
            for entry in self._vault.all():
                lease = self._leases.get(entry.lease)
                if self._over(entry) or (lease is not None and self._renewable(lease)):
                    self._again(entry.reference)

    def _surely(self, reference: bytes, step: Callable[[], None]) -> None:
        if self._ending:
            return
        with self._turn:
            self._due[reference] = time.monotonic() + TEND_AGAIN
        try:
            step()
        except EnigmaError as error:
            log("a stored value could not be tended", level=logging.WARNING, reference=reference.hex(),
                problem=error.message)  # fmt: skip

    def _take(self, reference: bytes, source: str) -> None:
        entry = self._fetching.copy(reference, source, self._vault, lambda: self._ending)
        log("value taken over", reference=reference.hex(), peer=source, octets=entry.manifest.size)
        self._announce(entry)

    def _over(self, entry: Entry) -> bool:
        """Whether the time of a value has come, as far as is known here: the chain is asked before it is deleted."""
        if not entry.whole:
            return self._vault.abandoned(entry.reference)
        if entry.lease:
            lease = self._leases.get(entry.lease)
            ended = (Status.DELETABLE, Status.CLOSED)
            return lease is not None and lease.status(self._clock(), self._grace()) in ended
        return entry.until <= self._clock()

    def _tend(self, entry: Entry) -> None:
        reference = entry.reference
        if not entry.whole:
            if self._over(entry):
                self._drop(entry, "it never came whole")
            return
        if self._permission.erased(reference):
            self._drop(entry, "its owner erased it")
            return
        entry = self._bound(entry)
        if entry.lease:
            lease = self._permission.lease(entry.lease)
            if lease is None or self._permission.standing(entry.lease) in (Status.DELETABLE, Status.CLOSED):
                self._drop(entry, "its lease has ended")
                return
            self._leases[entry.lease] = lease
            self._renew(lease)
        elif self._over(entry):
            self._drop(entry, "its time is over")
            return
        placed = self._offer(entry)
        if self._name not in placed.here and not placed.coming and len(placed.here) >= self._enough(entry):
            self._drop(entry, "the nodes that are to keep it do")
            return
        self._announce(entry)
        # Who does not answer may only have begun anew, or this node has, and has not found the others yet.
        few = placed.coming or len(placed.here) < self._enough(entry)
        with self._turn:
            self._due[reference] = time.monotonic() + (TEND_AGAIN if few else TEND_EVERY)

    def _bound(self, entry: Entry) -> Entry:
        """The value with the lease that somebody has opened for it meanwhile, where that counts."""
        with self._turn:
            number = self._opened.get(entry.reference, 0)
        if number and not entry.lease:
            leased = replace(entry, lease=number)
            try:
                self._permission.check_entry(leased)
            except ArgumentProblem as problem:
                log("a lease does not count", lease=number, reference=entry.reference.hex(), problem=problem.message)
            else:
                self._vault.leased(entry.reference, number)
                entry = leased
        with self._turn:  # only now: where the chain does not answer, it is looked at again
            if self._opened.get(entry.reference) == number:
                self._opened.pop(entry.reference, None)
        return entry

    def _renewable(self, lease: Lease) -> bool:
        """Whether this seat has the next term paid: in the last quarter of one, the seats after each other."""
        mine = [seat for seat, node in enumerate(lease.nodes) if node == self._name and seat not in lease.declined]
        begins = lease.until - lease.term // 4
        return bool(mine) and self._clock() >= begins + min(mine[0], LAST_TURN) * (lease.term // 40)

    def _renew(self, lease: Lease) -> None:
        if not self._renewable(lease):
            return
        try:
            self._leases_of.renew(lease.number)
            log("lease renewed", lease=lease.number)
        except ChainRefused as refusal:
            # The account is empty, the price is higher than its owner wants, or another seat was first.
            log("lease not renewed", level=logging.DEBUG, lease=lease.number, problem=refusal.message)

    def _drop(self, entry: Entry, why: str) -> None:
        self._vault.drop(entry.reference)
        with self._turn:
            self._due.pop(entry.reference, None)
        log("value dropped", reference=entry.reference.hex(), why=why)

    # ------------------------------------------------------------ other nodes

    def _announce(self, entry: Entry) -> None:
        try:
            self._overlay.dht.provide(reference_key(entry.reference), int(time.time()) + ANNOUNCED)
        except (NetworkError, RecordRefused) as problem:
            # Who looks for it asks the nodes that rank first, too.
            log("value not announced", level=logging.DEBUG, problem=problem.message)

    def _ranked(self, entry: Entry) -> tuple[Sequence[str], int]:
        lease = self._permission.lease(entry.lease) if entry.lease else None
        ranked = self._placing.ranked(entry.reference, lease)
        return ranked, self._placing.copies(ranked, lease)

    def _enough(self, entry: Entry) -> int:
        return max(1, self._ranked(entry)[1])

    def _offer(self, entry: Entry) -> Placed:
        """Offer a value to those that rank first among the nodes that answer."""
        ranked, copies = self._ranked(entry)
        here: list[str] = []
        coming: list[str] = []
        for name in ranked:
            if len(here) + len(coming) >= copies:
                break
            if name == self._name:
                here.append(name)
                continue
            tree: Tree = {"reference": entry.reference, "sequence": entry.seals.sequence, "until": entry.until}
            try:
                answer = self._peers.call(name, OFFER, tree)
            except EnigmaError as problem:
                log("value not offered", level=logging.DEBUG, peer=name, problem=problem.message)
                continue
            (here if isinstance(answer, dict) and answer.get("here") is True else coming).append(name)
        return Placed(tuple(here), tuple(coming))

    def _wait_ending(self, seconds: float) -> bool:
        with self._turn:
            return self._turn.wait_for(lambda: self._ending, seconds)
