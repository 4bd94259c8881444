"""What a node signs when it has deleted what an owner withdrew from a contract (EIP-712, in the domain of Identities).

It is a node's word: whoever has it can show that the node gave it, and that is all that anybody can show of a deletion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from enigma.chain.receipts import Domain
from enigma.errors import ProtocolError, WireError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import Types

DELETION: Types = {
    "Deletion": [
        {"name": "contractId", "type": "bytes32"},
        {"name": "owner", "type": "address"},
        {"name": "blockNumber", "type": "uint256"},
        {"name": "logIndex", "type": "uint256"},
        {"name": "transactionHash", "type": "bytes32"},
        {"name": "pieces", "type": "uint256"},
        {"name": "octets", "type": "uint256"},
        {"name": "time", "type": "uint256"},
        {"name": "node", "type": "address"},
    ]
}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An event `Withdrawn` of Identities: whose data left which contract, and where that stands on the chain."""

    contract: bytes
    owner: str
    block: int
    index: int
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Deletion:
    """A node's deletion receipt. `pieces`: values that it deleted, of `octets` bytes; `time`: seconds since 1970."""

    withdrawal: Withdrawal
    pieces: int
    octets: int
    time: int
    node: str

    def message(self) -> dict[str, Any]:
        """The typed message."""
        at = self.withdrawal
        return {
            "contractId": at.contract, "owner": at.owner, "blockNumber": at.block, "logIndex": at.index,
            "transactionHash": at.transaction, "pieces": self.pieces, "octets": self.octets, "time": self.time,
            "node": self.node,
        }  # fmt: skip

    def sign(self, domain: Domain, node: Account) -> bytes:
        """The node's signature: 65 bytes."""
        return node.sign_typed(domain, DELETION, self.message())

    def check_signed(self, domain: Domain, signature: bytes) -> None:
        """Goes on only if its node signed this. Raises ProtocolError."""
        if recover_typed(domain, DELETION, self.message(), signature) != self.node:
            raise ProtocolError(f"the signature of a deletion receipt is not that of {self.node}")

    def tree(self) -> dict[str, Any]:
        """For JSON."""
        at = asdict(self.withdrawal)
        hexed = {name: value.hex() if isinstance(value, bytes) else value for name, value in at.items()}
        return {**hexed, "pieces": self.pieces, "octets": self.octets, "time": self.time, "node": self.node}

    @classmethod
    def read(cls, tree: Mapping[str, Any]) -> Deletion:
        """What `tree` wrote. Raises `WireError`."""
        try:
            numbers = [tree[name] for name in ("block", "index", "pieces", "octets", "time")]
            if any(type(each) is not int or each < 0 for each in numbers):
                raise ValueError("numbers count from 0")
            block, index, pieces, octets, time = numbers
            contract, transaction = bytes.fromhex(tree["contract"]), bytes.fromhex(tree["transaction"])
            return cls(
                Withdrawal(contract, str(tree["owner"]), block, index, transaction),
                pieces, octets, time, str(tree["node"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"not a deletion receipt: {error}") from error
