"""What a node does about a store that is damaged or gone: it finds out what is lost, and asks the other seats for it.

    at the start     marks of what is lost are taken away, where the other seats can give it back (`mend`)
    at work          each contract is looked over: its state is the one of the chain, every piece of it is there
    what is public   a contract's source is checked against its published hash, its state against the chain's hash
    the pieces       are rebuilt by the protocol of `enigma.protocol.replicated3.repair`, and all are made anew

What this seat has *signed* cannot be given back by anybody. So marks of lost signatures stay, and nothing is signed
of those requests any more; and where names of lost entries are not known, no job that was asked before is begun:
see `began`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from enigma.chain.connection import Connection
from enigma.chain.jobs import Jobs
from enigma.errors import ChainProblem, ProtocolError, StoreDamaged
from enigma.node.contracts import Contracts
from enigma.node.holdings import Holdings, Sources, Standing, hash_of
from enigma.node.logs import event
from enigma.sharing.generations import Generation
from enigma.storage import Store
from enigma.wire import Tree, codec

CHUNK = 1 << 19
LIMIT = 1 << 29

_OF_A_CONTRACT = frozenset({"states", "generations", "shelves", "pending", "lost"})
_GIVEN_BACK = frozenset({"sources", "withdrawals", "arguments", "answers", "reasons", "renewed", "seen"})
_BEGAN = "began"
_PIECES = frozenset({"pieces", "commitments"})


def mend(store: Store) -> None:
    """Take away the marks of what is lost and can be had again; the contracts that it belonged to are lost here."""
    for damage in store.found:
        if damage.space is None or damage.key is None:
            forget_beginning(store)
        elif damage.space in _PIECES:
            # Pieces are looked for when a contract is looked over; one whose commitments are lost cannot be proven.
            for space in _PIECES:
                store.delete(space, damage.key)
        elif damage.space in _OF_A_CONTRACT:
            store.delete(damage.space, damage.key)
            store.put("lost", damage.key[:32], bytes(8))
        elif damage.space in _GIVEN_BACK:
            store.delete(damage.space, damage.key)
        elif damage.space == _BEGAN:
            forget_beginning(store)


def forget_beginning(store: Store) -> None:
    """What a store remembers by now is not all that it was given."""
    store.put(_BEGAN, b"", b"")


def began(store: Store, block: int) -> int:
    """The block before which no job was asked that this node begins: what it had signed by then is not known to it.

    0 where it is known; `block` is the present one, and stays where this is a store without memory.
    """
    octets = store.get(_BEGAN, b"")
    if not octets:
        known = octets is None and any(store.keys(space) for space in ("states", "signed", "sources"))
        octets = (0 if known else block).to_bytes(8, "big")
        store.put(_BEGAN, b"", octets)
    return int.from_bytes(octets, "big")


class Healing:
    """Of the node `name`. `call(node, method, tree)` calls another one; `block()` is the next block to be read."""

    def __init__(
        self, name: str, connection: Connection, jobs: Jobs, contracts: Contracts, holdings: Holdings,
        call: Callable[[str, str, Tree], Any], block: Callable[[], int],
    ) -> None:  # fmt: skip
        self._name, self._connection, self._jobs = name, connection, jobs
        self._contracts, self._holdings, self._call, self._block = contracts, holdings, call, block
        self._differs: dict[bytes, int] = {}

    # ------------------------------------------------------------ what is lost

    def look_over(self, contract: bytes) -> bool:
        """Whether this node has all of a contract that a seat must have; else it knows from now on that it has not."""
        if self._holdings.lost(contract) is None:
            problem = self._missing(contract) or self._elsewhere(contract)
            if not problem:
                return True
            event("pieces are lost", level=logging.ERROR, contract=contract.hex(), problem=problem)
            self._holdings.shelves.lose(contract)
        elif self._holdings.shelves.generations(contract).current is not None:
            self._holdings.shelves.lose(contract)  # what a receipt says: the pieces are of a state that has passed
        return False

    def _missing(self, contract: bytes) -> str:
        try:
            standing = self._holdings.standing(contract)
            self._holdings.shelves.generations(contract)
            wanted = [each.index for each in self._holdings.shelves.values(contract)]
            missing = [index for index in wanted if not self._holdings.shelves.has_piece(standing.places.get(index))]
        except StoreDamaged as damage:
            return damage.message
        return f"{len(missing)} of {len(wanted)} stored pieces are not there" if missing else ""

    def _elsewhere(self, contract: bytes) -> str:
        """Whether the chain has another state: twice at different blocks, since the node may be hearing of a job."""
        block = self._block()
        try:
            told = self._jobs.state(contract, at=block - 1)
        except ChainProblem:
            return ""  # it does not answer, or not about that block any more: later
        if told == hash_of(self._holdings.standing(contract).state) or self._block() != block:
            self._differs.pop(contract, None)
            return ""
        if self._differs.setdefault(contract, block) == block:
            return ""
        return "the chain has another state of the contract than this node"

    def is_certain(self, contract: bytes) -> bool:
        """Whether the chain had the same state when the contract was last looked over."""
        return contract not in self._differs

    # ------------------------------------------------------------ what the others have

    def told(self, contract: bytes, what: str, start: int) -> Tree:
        """A part of what every seat of a contract may know: its state, or its source."""
        if what == "source":
            sources = self._holdings.sources(contract)
            octets = b"" if sources is None else codec.encode([sources.name, sources.text, dict(sources.imports)])
        else:
            octets = self._holdings.standing(contract).state
        return {"octets": octets[start : start + CHUNK], "size": len(octets)}

    def fetch(self, contract: bytes, others: Sequence[str]) -> tuple[Standing, Generation]:
        """What the other seats remember of a contract, and their generation; the state is the chain's.

        It is kept, without pieces. Raises `ProtocolError` where they differ, and `NetworkError`.
        """
        answers = [self._call(node, "renewal standing", {"contract": contract}) for node in others]
        jobs = {int(each["job"]) for each in answers}
        if len(jobs) != 1 or any(each["generation"] is None for each in answers):
            raise ProtocolError("the other seats do not agree on the contract's latest job, or have no pieces either")
        state = self._whole(others[0], contract, "state")
        # The chain's word, after the others': what they say by now, they have read there.
        if hash_of(state) != self._jobs.state(contract, at=self._block() - 1):
            raise ProtocolError(f"{others[0]} remembers another state of the contract than the chain")
        if self._holdings.sources(contract) is None:
            self._take_source(contract, others)
        number, digest = max((list(each["generation"]) for each in answers), key=lambda each: int(each[0]))
        known = self._holdings.standing(contract)
        standing = Standing(jobs.pop(), state, known.places if known.state == state else {})
        self._holdings.remember(contract, standing)
        return standing, Generation(int(number), bytes(digest))

    def _take_source(self, contract: bytes, others: Sequence[str]) -> None:
        for node in others:
            octets = self._whole(node, contract, "source")
            if octets:
                tree: Any = codec.decode(octets, limit=LIMIT)
                name, text, imports = tree
                sources = Sources(str(name), str(text), dict(imports))
                if self._contracts.seated(contract) is not None:
                    self._contracts.take(contract, sources)
                else:
                    # This node is to take a seat: the source proves itself when it has it.
                    self._holdings.keep_sources(contract, sources)
                return

    def _whole(self, node: str, contract: bytes, what: str) -> bytes:
        found = bytearray()
        while True:
            told = self._call(node, "renewal part", {"contract": contract, "what": what, "start": len(found)})
            part, size = bytes(told["octets"]), int(told["size"])
            found += part
            if size > LIMIT or len(found) > size or (not part and len(found) < size):
                raise ProtocolError(f"{node} sends {what} of another size than it says")
            if len(found) == size:
                return bytes(found)
