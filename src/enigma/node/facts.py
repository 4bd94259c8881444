"""What a job's process may ask of the chain: `L` of its contract, and members of shared identities, at one block.

["latest", key]          the value, None where there is none
["as of", key, time]     [the value at the end of that second, None], or [None, when the first was written or None]
["history", key]         [how many values there are, the first `MOST_HISTORY` of them: [time, writer, value]]
["members", address]     [[member, its rights], ...]; empty for an ordinary address
"""

from __future__ import annotations

from enigma.chain.identities import Identities
from enigma.chain.ledger import Ledger
from enigma.errors import ProtocolError, WireError
from enigma.node.contracts import Contracts
from enigma.wire import Tree, codec

MOST_HISTORY = 256
"""Values of one key that are looked up."""
MOST_QUESTION = 256
"""Bytes of one question."""


class ChainFacts:
    """Of one node, from its own way to the chain. Safe between threads."""

    def __init__(self, contracts: Contracts, ledger: Ledger, identities: Identities) -> None:
        self._contracts, self._ledger, self._identities = contracts, ledger, identities

    def answer(self, contract: bytes, block: int, octets: bytes) -> bytes:
        """What the chain says at the end of a block. Raises `ChainProblem`, `WireError` on what is no question."""
        return codec.encode(self._answer(contract, block, codec.decode(octets, limit=MOST_QUESTION)))

    def _answer(self, contract: bytes, block: int, question: Tree) -> Tree:
        seated = self._contracts.seated(contract)
        if seated is None:
            raise ProtocolError(f"this node has no seat in the committee of {contract.hex()} any more")
        space, ledger = seated.published.public_half, self._ledger
        match question:
            case ["latest", bytes(key)]:
                return ledger.get(space, key, at=block)
            case ["as of", bytes(key), int(time)]:
                value = ledger.get_as_of(space, key, time, at=block)
                if value is not None or not ledger.history_length(space, key, at=block):
                    return [value, None]
                return [None, ledger.entry(space, key, 0, at=block).time]
            case ["history", bytes(key)]:
                length = ledger.history_length(space, key, at=block)
                entries = [ledger.entry(space, key, i, at=block) for i in range(min(length, MOST_HISTORY))]
                return [length, [[each.time, _octets(each.writer), each.value] for each in entries]]
            case ["members", bytes(identity)]:
                members = self._identities.members("0x" + identity.hex(), at=block)
                return [[_octets(member), int(rights)] for member, rights in members.items()]
        raise WireError("the process of a job asks the chain for something that there is not")


def _octets(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
