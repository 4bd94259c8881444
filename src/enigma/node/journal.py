"""What this node has read of the chain, in its store: a start goes on from there, however long the chain is.

A journal of events, and not a snapshot of what followed from them: consent is a fold over all events that must be able
to take back the newest ones, so a snapshot would need the events too; and a program that follows from them something
new needs no new form of the store. Kept are those events of which something in memory is made; what events led to in
the store is there already, and what was looked up is in `Notes`.

    read -> act on each -> keep the events and the cursor, in one transaction

Whatever happens before the transaction ends, the same events are read and told again, and acting twice is acting once.
The cursor has the hashes of the newest blocks (`enigma.chain.events.TRAIL`): so it is noticed, also across a restart,
that some of them have left the chain, and their events are taken out of the journal before it is told again. A journal
belongs to one chain, by its id, its first block and the deployment's first block. Where it is damaged, or the chain has
changed more deeply than it can tell, it is forgotten, and everything is read anew: it only saves time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.events import TRAIL, Cursor, Event
from enigma.errors import ArgumentProblem, LyingNode, StoreDamaged, WrongChain
from enigma.node.logs import event as log
from enigma.node.notes import NOTES
from enigma.storage import Store
from enigma.wire import Tree, codec

VERSION = 1
PAGE = 64
"""Events that lie together: the last page is written anew with each of its events, the others never."""
KEEP_EVERY = 32
"""Blocks without an event of ours after which the cursor is kept anyway."""
LIMIT = 1 << 30
"""Bytes of a page."""

_SPACE, _HEAD = "journal", b"head"
_FORGET = "where the chain was begun anew, this node's folder is of the old one: make another with enigma node init"


class EventJournal:
    """Of the events for which `wanted(event)` holds. For one thread: the follower's."""

    def __init__(self, store: Store, controllers: Controllers, wanted: Callable[[Event], bool]) -> None:
        self._store, self._controllers, self._wanted = store, controllers, wanted
        self._owner: dict[str, Any] = {}
        self._pages = 0  # those that are full, or were once
        self._last: list[Tree] = []
        self._kept = -1  # the next block of the cursor that is kept

    def open(self, connection: Connection) -> Cursor | None:
        """Where reading goes on; None where it begins. Raises WrongChain for another chain, and `ChainProblem`."""
        self._owner = self._of(connection)
        try:
            self._want_whole()
            cursor = self._opened(connection)
            for number in range(self._pages):
                self._page(number)
        except StoreDamaged as damage:
            log("what was read of the chain is damaged", level=logging.ERROR, problem=damage.message)
            self.forget()
            return None
        return cursor

    def events(self) -> Iterator[Event]:
        """All that is kept, in the chain's order. Raises StoreDamaged."""
        for number in range(self._pages):
            yield from map(_event, self._page(number))
        yield from map(_event, tuple(self._last))

    def keep(self, events: Sequence[Event], cursor: Cursor) -> None:
        """All these were acted on: from now on they are not read again. Those that left the chain are taken out.

        Raises StoreDamaged where one leaves that is not the newest.
        """
        mine = [event for event in events if self._wanted(event)]
        if not mine and abs(cursor.next - self._kept) < KEEP_EVERY:
            return
        with self._store.transaction():
            for event in mine:
                if event.removed:
                    self._drop(event)
                else:
                    self._add(event)
            if mine or self._kept < 0:
                self._store.put(_SPACE, _key(self._pages), codec.encode(self._last))
            head: Tree = [VERSION, self._owner, cursor.text(), self._pages]
            self._store.put(_SPACE, _HEAD, codec.encode(head))
        self._kept = cursor.next

    def forget(self) -> None:
        """Everything: the chain is read from the deployment's first block. Pages are overwritten as that goes on."""
        with self._store.transaction():
            self._store.delete(_SPACE, _HEAD)
            for damage in self._store.found:
                if damage.space in {_SPACE, *NOTES} and damage.key is not None:
                    self._store.delete(damage.space, damage.key)
        self._pages, self._last, self._kept = 0, [], -1

    # ------------------------------------------------------------ inside

    def _of(self, connection: Connection) -> dict[str, Any]:
        """Whose journal it is: the chain, and the deployment on it."""
        genesis, first = connection.block(0), connection.block(self._controllers.first_block)
        if first is None:
            raise LyingNode(
                f"{connection.url} does not have the deployment's first block, {self._controllers.first_block}",
                hint="it may be reading the chain itself: wait; or it serves another chain",
            )
        return {
            "chain": self._controllers.chain_id,
            "genesis": "" if genesis is None else genesis.hash,
            "first": first.hash,
            "controllers": dict(self._controllers.addresses),
        }

    def _want_whole(self) -> None:
        """Raises StoreDamaged where what was lost may be of the journal, or of the notes: nobody would miss it."""
        for damage in self._store.found:
            if damage.space in {None, _SPACE, *NOTES}:
                raise StoreDamaged(damage.problem, space=damage.space, key=damage.key)

    def _opened(self, connection: Connection) -> Cursor | None:
        octets = self._store.get(_SPACE, _HEAD)
        if octets is None:
            return None
        tree: Any = codec.decode(octets, limit=LIMIT)
        if tree[0] != VERSION:
            log("what was read of the chain has another form", level=logging.WARNING, version=int(tree[0]))
            self.forget()
            return None
        _, owner, text, pages = tree
        try:
            cursor = Cursor.of_text(text)
        except ArgumentProblem as problem:
            raise StoreDamaged(problem.message, space=_SPACE, key=_HEAD) from None
        self._want_owner(connection, owner, cursor)
        self._pages, self._kept = pages, cursor.next
        self._last = self._page(pages)
        return cursor

    def _want_owner(self, connection: Connection, owner: dict[str, Any], cursor: Cursor) -> None:
        ours = self._owner
        if (owner["chain"], owner["controllers"]) != (ours["chain"], ours["controllers"]):
            raise WrongChain(
                "this node's folder belongs to another deployment of the controllers than the one it is given",
                hint="give each network a folder of its own, or the deployment file that this one began with",
            )
        if owner["genesis"] != ours["genesis"]:
            raise WrongChain(
                f"{connection.url} serves another chain of the id {ours['chain']}: it begins with {ours['genesis']}, "
                f"and what this node has read began with {owner['genesis']}",
                hint=_FORGET,
            )
        # The first blocks of a young network may still change: its trail tells what did.
        if owner["first"] != ours["first"] and cursor.next - self._controllers.first_block > TRAIL:
            raise WrongChain(
                f"{connection.url} has another block {self._controllers.first_block}, the deployment's first, than "
                f"this node has read: {ours['first']}, not {owner['first']}",
                hint=_FORGET,
            )

    def _page(self, number: int) -> list[Tree]:
        octets = self._store.get(_SPACE, _key(number))
        if octets is None:
            raise StoreDamaged(f"page {number} of the journal is not there", space=_SPACE, key=_key(number))
        tree: Any = codec.decode(octets, limit=LIMIT)
        return list(tree)

    def _add(self, event: Event) -> None:
        if len(self._last) >= PAGE:
            self._store.put(_SPACE, _key(self._pages), codec.encode(self._last))
            self._pages, self._last = self._pages + 1, []
        self._last.append([event.name, event.values, event.address, event.block, event.transaction, event.index])

    def _drop(self, event: Event) -> None:
        if not self._last and self._pages:
            self._store.delete(_SPACE, _key(self._pages))
            self._pages -= 1
            self._last = self._page(self._pages)
        if not self._last or _place(_event(self._last[-1])) != _place(event):
            raise StoreDamaged("the journal does not end with what left the chain", space=_SPACE, key=_HEAD)
        self._last.pop()


def _event(tree: Any) -> Event:
    name, values, address, block, transaction, index = tree
    return Event(name, values, address, block, transaction, index)


def _place(event: Event) -> tuple[int, int, str]:
    return event.block, event.index, event.transaction


def _key(page: int) -> bytes:
    return page.to_bytes(8, "big")
