"""All that the controllers of a network have said, and the transactions that made them say it, held against the blocks.

From the deployment's first block to the newest, each header hashes to what it says and links to the one before. Where
a header's filter admits an event of a controller, the block's receipts and transactions are fetched and must be those
that the header binds: so no event is altered, and none is left out. Where there are more than `MOST` headers, the node
is asked for the blocks that hold events, and only those are held against their hashes: then one may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enigma.chain.artifacts import load
from enigma.chain.audit.blocks import Entry, Header, Transaction, entries_of, header_of, transactions_of
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.connection import ATTEMPTS, Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import STEP, Event
from enigma.errors import LyingNode, WrongChain

LOOKED_AT = ("Nodes", "Identities", "Committees", "Jobs")  # what the others do concerns no job
MOST = 20_000  # headers, each of them one request


@dataclass(frozen=True, slots=True)
class Said:
    """An event of a controller, in the chain's order: `place` counts all of them, `time` is its block's."""

    place: int
    controller: str
    event: Event
    time: int

    @property
    def name(self) -> str:
        """The event's name."""
        return self.event.name

    def __getitem__(self, value: str) -> Any:
        """One of the event's values."""
        return self.event.values[value]


class Record:
    """The past of a network as one reading of it, up to the block `head`. Raises LyingNode, WrongChain."""

    def __init__(self, connection: Connection, controllers: Controllers, *, most: int = MOST) -> None:
        self.connection, self.controllers = connection, controllers
        self._names = {controllers.addresses[name]: name for name in LOOKED_AT}
        self._known = {
            (address, event_topic(entry)): entry
            for address, name in self._names.items()
            for entry in load(name).abi
            if entry["type"] == "event"
        }
        self._headers: dict[int, Header] = {}
        self._transactions: dict[str, Transaction] = {}
        self.head = self._newest()
        self.first = controllers.first_block
        if self.head.number < self.first:
            raise WrongChain(
                f"{connection.url} is at block {self.head.number}, before the controllers' first, {self.first}",
                hint="the chain was begun anew, or is another with the same id",
            )
        self.complete = self.head.number - self.first < most
        self.said: tuple[Said, ...] = tuple(self._read())
        self._by_name: dict[tuple[str, str], list[Said]] = {}
        self._by_transaction: dict[str, list[Said]] = {}
        for said in self.said:
            self._by_name.setdefault((said.controller, said.name), []).append(said)
            self._by_transaction.setdefault(said.event.transaction, []).append(said)

    def header(self, number: int) -> Header:
        """A block's header, held against its hash."""
        found = self._headers.get(number)
        if found is None:
            found = header_of(self._asked(number, full=False))
            if found.number != number:
                raise LyingNode(f"{self.connection.url} was asked for block {number} and gave block {found.number}")
            self._headers[number] = found
        return found

    def transaction(self, said: Said) -> Transaction:
        """The transaction in which something was said."""
        return self._transactions[said.event.transaction]

    def within(self, said: Said) -> list[Said]:
        """All that was said in the same transaction."""
        return self._by_transaction[said.event.transaction]

    def of(self, controller: str, *names: str) -> list[Said]:
        """What a controller said under these names, in order."""
        found = [each for name in names for each in self._by_name.get((controller, name), ())]
        return found if len(names) == 1 else sorted(found, key=lambda each: each.place)

    # ------------------------------------------------------------ reading it

    def _newest(self) -> Header:
        found = header_of(self.connection.ask("eth_getBlockByNumber", "latest", False))
        self._headers[found.number] = found
        return found

    def _read(self) -> list[Said]:
        found: list[Said] = []
        for number in self._candidates():
            for entry, transaction in self._block(number):
                if entry.address in self._names:
                    found.append(self._said(len(found), number, entry, transaction))
        return found

    def _candidates(self) -> list[int]:
        """The blocks that may hold an event of a controller."""
        if not self.complete:
            last = self.head.number
            asked = [(first, min(last, first + STEP - 1)) for first in range(self.first, last + 1, STEP)]
            addresses = tuple(self._names)
            return sorted({log.block for span in asked for log in self.connection.logs(addresses, [], *span)})
        for number in range(self.head.number, self.first, -1):
            if self.header(number - 1).hash != self.header(number).parent:
                raise LyingNode(
                    f"{self.connection.url}: block {number} does not follow the block that it gave as {number - 1}",
                    hint="where the chain was reorganised in this moment, do it again",
                )
        return [
            number
            for number in range(self.first, self.head.number + 1)
            if any(self.header(number).may_hold(address) for address in self._names)
        ]

    def _block(self, number: int) -> list[tuple[Entry, Transaction]]:
        header = self.header(number)
        transactions = transactions_of(header, self._asked(number, full=True))
        entries = entries_of(header, self._receipts(number))
        self._transactions.update({each.hash: each for each in transactions})
        return [(entry, transactions[entry.transaction]) for entry in entries]

    def _said(self, place: int, number: int, entry: Entry, transaction: Transaction) -> Said:
        name = self._names[entry.address]
        form = self._known.get((entry.address, entry.topics[0])) if entry.topics else None
        if form is None:
            raise LyingNode(
                f"{entry.address} has an event that {name} does not have",
                hint="enigma chain verify says whether the code there is the controller's",
            )
        values = decode_event(form, entry.topics, entry.data)
        event = Event(str(form["name"]), values, entry.address, number, transaction.hash, entry.index)
        return Said(place, name, event, self.header(number).timestamp)

    def _asked(self, number: int, *, full: bool) -> Any:
        answer = self.connection.ask("eth_getBlockByNumber", hex(number), full)
        if answer is None:
            raise LyingNode(f"{self.connection.url} has no block {number}, and a later one")
        return answer

    def _receipts(self, number: int) -> Any:
        for _ in range(ATTEMPTS):
            answer = self.connection.ask("eth_getBlockReceipts", hex(number))
            if answer is not None:
                return answer
        raise LyingNode(f"{self.connection.url} has block {number}, and not its receipts")
