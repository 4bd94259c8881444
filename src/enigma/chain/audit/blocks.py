"""A block held against its own hash: header, transactions and events are what that hash binds, or it is LyingNode.

So a node that alters one value, or leaves one event out, has to make that block and all after it anew. It can serve a
whole chain of its own making: then it is for the seats' signatures, and the sums, to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enigma.chain.answers import address, digest, octets, quantity
from enigma.chain.audit.encoding import (
    FILTER,
    ODD,
    bits_of,
    header_bytes,
    list_of,
    logs_of,
    object_of,
    receipt_bytes,
    transaction_bytes,
)
from enigma.chain.audit.trie import root
from enigma.errors import LyingNode


@dataclass(frozen=True, slots=True)
class Header:
    """What a block's hash binds, as far as an audit needs it. Hashes and roots as 0x and 64 digits; time in seconds."""

    number: int
    hash: str
    parent: str
    timestamp: int
    transactions_root: str
    receipts_root: str
    filter: bytes

    def may_hold(self, contract: str) -> bool:
        """Can the block hold an event of this contract? Its filter says no only where there is none."""
        return all(self.filter[-1 - bit // 8] >> bit % 8 & 1 for bit in bits_of(contract))


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction as it was signed: `to` is None where it creates a contract."""

    hash: str
    to: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as a block's receipts hold it: which transaction of the block, and its place among all events there."""

    address: str
    topics: tuple[str, ...]
    data: bytes
    transaction: int
    index: int


def header_of(answer: Any) -> Header:
    """A header that hashes to what it says. Raises LyingNode."""
    from eth_utils.crypto import keccak

    fields = object_of(answer, "a block")
    stated = digest(fields.get("hash"), "a block's hash")
    if "0x" + keccak(header_bytes(answer)).hex() != stated:
        raise LyingNode(f"a block does not hash to {stated}, which the node says is its hash", hint=ODD)
    return Header(
        quantity(fields["number"], "a block's number"),
        stated,
        digest(fields["parentHash"], "a block's parent"),
        quantity(fields["timestamp"], "a block's time"),
        digest(fields["transactionsRoot"], "a block's transactions"),
        digest(fields["receiptsRoot"], "a block's receipts"),
        octets(fields["logsBloom"], "a block's filter", FILTER),
    )


def transactions_of(header: Header, answer: Any) -> tuple[Transaction, ...]:
    """The transactions that the header binds, from a block with its transactions in full. Raises LyingNode."""
    from eth_utils.crypto import keccak

    given = list_of(object_of(answer, "a block").get("transactions"), "a block's transactions")
    signed = [transaction_bytes(each) for each in given]
    if "0x" + root(signed).hex() != header.transactions_root:
        raise LyingNode(f"the transactions of block {header.number} are not those that its hash binds", hint=ODD)
    return tuple(
        Transaction(
            "0x" + keccak(raw).hex(),
            None if each.get("to") is None else address(each["to"], "a transaction's receiver"),
            octets(each["input"], "a transaction's data"),
        )
        for raw, each in zip(signed, given, strict=True)
    )


def entries_of(header: Header, answer: Any) -> tuple[Entry, ...]:
    """All events of a block, from its receipts, which the header binds. Raises LyingNode."""
    given = list_of(answer, "a block's receipts")
    if "0x" + root([receipt_bytes(each) for each in given]).hex() != header.receipts_root:
        raise LyingNode(f"the events of block {header.number} are not those that its hash binds", hint=ODD)
    found = [(number, log) for number, each in enumerate(given) for log in logs_of(each)]
    return tuple(Entry(log.address, log.topics, log.data, number, index) for index, (number, log) in enumerate(found))
