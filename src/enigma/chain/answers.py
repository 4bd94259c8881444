"""What a node answers, read strictly: blocks, receipts and logs as values of their own.

A node is not trusted to keep to the format (Ethereum execution-apis): whatever does not is a LyingNode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from enigma.errors import LyingNode


@dataclass(frozen=True, slots=True)
class Block:
    """A block: number, its hash and its parent's (0x, 64 digits), seconds since 1970, wei per gas, transactions."""

    number: int
    hash: str
    parent: str
    timestamp: int
    base_fee: int
    gas_limit: int
    transactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the chain stores it, and where it stands: `index` counts within its block."""

    address: str
    topics: tuple[str, ...]
    data: bytes
    block: int
    block_hash: str
    transaction: str
    index: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction. `status` is 1, or 0 where it reverted; `fee` is wei per gas; `contract` is new."""

    transaction: str
    block: int
    block_hash: str
    index: int
    status: int
    gas_used: int
    fee: int
    contract: str | None
    logs: tuple[Log, ...]


def quantity(value: Any, what: str) -> int:
    """A number as JSON-RPC writes it: 0x and hexadecimal digits. Raises LyingNode."""
    if isinstance(value, str) and value.startswith("0x") and 2 < len(value) <= 66:
        try:
            return int(value, 16)
        except ValueError:
            pass  # falls through to the one refusal below
    raise LyingNode(f"{what} is no number: {value!r:.80}")


def octets(value: Any, what: str, length: int | None = None) -> bytes:
    """Bytes as JSON-RPC writes them: 0x and pairs of digits. Raises LyingNode."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            found = bytes.fromhex(value[2:])
        except ValueError:
            found = None
        if found is not None and length in {None, len(found)}:
            return found
    raise LyingNode(f"{what} is not {f'{length} ' if length else ''}bytes: {value!r:.80}")


def digest(value: Any, what: str) -> str:
    """A hash: 0x and 64 digits in lower case. Raises LyingNode."""
    return "0x" + octets(value, what, 32).hex()


def address(value: Any, what: str) -> str:
    """An address with its checksum (EIP-55). Raises LyingNode."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(octets(value, what, 20)))


def block(answer: Any) -> Block:
    """A block, with the hashes of its transactions."""
    fields = _fields(answer, "a block")
    hashes = _sequence(fields.get("transactions"), "a block's transactions")
    return Block(
        number=quantity(fields.get("number"), "a block's number"),
        hash=digest(fields.get("hash"), "a block's hash"),
        parent=digest(fields.get("parentHash"), "a block's parent"),
        timestamp=quantity(fields.get("timestamp"), "a block's time"),
        base_fee=quantity(fields.get("baseFeePerGas", "0x0"), "a block's base fee"),
        gas_limit=quantity(fields.get("gasLimit"), "a block's gas limit"),
        transactions=tuple(digest(each, "a block's transaction") for each in hashes),
    )


def log(answer: Any) -> Log:
    """A log of a block that is part of the chain."""
    fields = _fields(answer, "a log")
    if fields.get("removed"):
        raise LyingNode("a log that was removed from the chain, in answer to what is on it")
    topics = _sequence(fields.get("topics"), "a log's topics")
    return Log(
        address=address(fields.get("address"), "a log's address"),
        topics=tuple(digest(each, "a log's topic") for each in topics),
        data=octets(fields.get("data"), "a log's data"),
        block=quantity(fields.get("blockNumber"), "a log's block"),
        block_hash=digest(fields.get("blockHash"), "a log's block"),
        transaction=digest(fields.get("transactionHash"), "a log's transaction"),
        index=quantity(fields.get("logIndex"), "a log's index"),
    )


def receipt(answer: Any, transaction: str) -> Receipt:
    """The receipt of this transaction. Raises LyingNode where it, or one of its logs, names another one or place."""
    fields = _fields(answer, "a receipt")
    made = fields.get("contractAddress")
    found = Receipt(
        transaction=digest(fields.get("transactionHash"), "a receipt's transaction"),
        block=quantity(fields.get("blockNumber"), "a receipt's block"),
        block_hash=digest(fields.get("blockHash"), "a receipt's block"),
        index=quantity(fields.get("transactionIndex"), "a receipt's index"),
        status=quantity(fields.get("status"), "a receipt's status"),
        gas_used=quantity(fields.get("gasUsed"), "a receipt's gas"),
        fee=quantity(fields.get("effectiveGasPrice", "0x0"), "a receipt's fee"),
        contract=None if made is None else address(made, "a receipt's contract"),
        logs=tuple(log(each) for each in _sequence(fields.get("logs"), "a receipt's logs")),
    )
    if found.transaction != transaction:
        raise LyingNode(f"asked for the receipt of {transaction}, the node gave that of {found.transaction}")
    if found.status not in {0, 1}:
        raise LyingNode(f"the receipt of {transaction} has the status {found.status}")
    for each in found.logs:
        if (each.transaction, each.block, each.block_hash) != (transaction, found.block, found.block_hash):
            raise LyingNode(f"the receipt of {transaction} holds a log of another transaction or block")
    return found


def _fields(answer: Any, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise LyingNode(f"{what} is no object: {answer!r:.80}")
    return answer


def _sequence(answer: Any, what: str) -> Sequence[Any]:
    if not isinstance(answer, list):
        raise LyingNode(f"{what} are no list: {answer!r:.80}")
    return answer
