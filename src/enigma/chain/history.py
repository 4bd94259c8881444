"""All that the controllers of a network have said, in the chain's order: one reader for all of them."""

from __future__ import annotations

from enigma.chain.answers import Log
from enigma.chain.artifacts import load
from enigma.chain.coding import decode_event, event_topic
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import Event, EventReader
from enigma.errors import LyingNode


class History(EventReader):
    """Reads the events of every controller, from block `start` (by default the deployment's first).

    Controllers have events of one name and different values, so an event is known by its address too.
    """

    def __init__(
        self, connection: Connection, controllers: Controllers, *, start: int | None = None, confirmations: int = 0
    ) -> None:
        first = controllers.first_block if start is None else start
        addresses = tuple(controllers.addresses.values())
        super().__init__(connection, addresses, (), start=first, confirmations=confirmations)
        self._names = {address: name for name, address in controllers.addresses.items()}
        self._known = {
            (address, event_topic(entry)): entry
            for name, address in controllers.addresses.items()
            for entry in load(name).abi
            if entry["type"] == "event"
        }
        self._entries = {topic: entry for (_, topic), entry in self._known.items()}

    def controller(self, event: Event) -> str:
        """The name of the controller that said it."""
        return self._names[event.address]

    def _event(self, log: Log) -> Event:
        entry = self._known.get((log.address, log.topics[0]))
        if entry is None:
            raise LyingNode(
                f"{log.address} has an event that {self._names[log.address]} does not have",
                hint="enigma chain verify says whether the code there is the controller's",
            )
        values = decode_event(entry, log.topics, log.data)
        return Event(str(entry["name"]), values, log.address, log.block, log.transaction, log.index)
