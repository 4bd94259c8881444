"""Alterations of what a node says, and a chain made anew around one: roots, filters, hashes and parents fit again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak
from tests.chain.audit.court import Court, wrong

from enigma.chain.artifacts import load
from enigma.chain.audit.encoding import filter_of, header_bytes, logs_of, receipt_bytes, transaction_bytes
from enigma.chain.audit.trie import root
from enigma.chain.coding import event_topic, selector_of
from enigma.chain.connection import Connection
from enigma.errors import LyingNode

Change = Callable[[dict[str, Any]], bool]  # alters a block or a receipt in place; did it?


class Forger:
    """Takes all blocks of a node, lets `change` alter each, and makes whatever was touched, and all after it, fit.

    A block has its transactions in full under `transactions`, and its receipts under `receipts`. `tamper` is for a
    `Proxy`: it serves the forged blocks, and lets everything else through.
    """

    def __init__(self, connection: Connection, first: int, change: Callable[[dict[str, Any]], bool]) -> None:
        self.altered = False
        self.served = 0
        self._blocks: dict[int, dict[str, Any]] = {}
        parent = ""
        self._last = connection.head().number
        for number in range(first, self._last + 1):
            block = copy.deepcopy(connection.ask("eth_getBlockByNumber", hex(number), True))
            block["receipts"] = copy.deepcopy(connection.ask("eth_getBlockReceipts", hex(number)))
            if change(block):
                self.altered = True
                _fit(block)
            if parent:
                block["parentHash"] = parent
            block["hash"] = _keccak(header_bytes(block))
            parent = block["hash"]
            self._blocks[number] = block

    def tamper(self, method: str, params: list[Any], answer: dict[str, Any]) -> Any:
        """What the forging node answers."""
        if method not in {"eth_getBlockByNumber", "eth_getBlockReceipts"}:
            return answer
        number = self._last if params[0] == "latest" else int(params[0], 16)
        block = self._blocks.get(number)
        if block is None:
            return answer
        self.served += 1
        if method == "eth_getBlockReceipts":
            return {**answer, "result": block["receipts"]}
        full = {name: value for name, value in block.items() if name != "receipts"}
        if not params[1]:
            full["transactions"] = [each["hash"] for each in full["transactions"]]
        return {**answer, "result": full}


def _fit(block: dict[str, Any]) -> None:
    """Roots and filter from what the block holds now."""
    transactions = [transaction_bytes(each) for each in block["transactions"]]
    for raw, each in zip(transactions, block["transactions"], strict=True):
        each["hash"] = _keccak(raw)
    block["transactionsRoot"] = "0x" + root(transactions).hex()
    block["receiptsRoot"] = "0x" + root([receipt_bytes(each) for each in block["receipts"]]).hex()
    block["logsBloom"] = "0x" + filter_of([log for each in block["receipts"] for log in logs_of(each)]).hex()


def _keccak(octets: bytes) -> str:
    return "0x" + bytes(keccak(octets)).hex()


def said_against(court: Court, url: str, job: int) -> str:
    """What the audit has against a node: everything wrong, or that it lies."""
    try:
        return " ".join(wrong(court.audit(job, Connection(url))))
    except LyingNode as lie:
        return lie.message


# ---------------------------------------------------------------- alterations


def in_each_receipt(change: Change) -> Change:
    """Alters what `change` changes in the receipts of a block."""
    return lambda block: sum(change(receipt) for receipt in block["receipts"]) > 0


def topic(controller: str, event: str) -> str:
    return next(event_topic(e) for e in load(controller).abi if e["type"] == "event" and e["name"] == event)


def flipped(text: str, place: int = -1) -> str:
    """Another digit at a place of a hexadecimal text."""
    place %= len(text)
    return text[:place] + ("1" if text[place] == "0" else "0") + text[place + 1 :]


def log_value(name: tuple[str, str], word: int, *, back: int = 1) -> Change:
    """Alters a digit of a word of an event's values: the last, or one further back."""

    def change(receipt: dict[str, Any]) -> bool:
        altered = False
        for log in receipt["logs"]:
            if log["topics"][0] == topic(*name):
                log["data"] = flipped(log["data"], 2 + 64 * (word + 1) - back)
                altered = True
        return altered

    return change


def log_topic(name: tuple[str, str], number: int) -> Change:
    def change(receipt: dict[str, Any]) -> bool:
        altered = [log for log in receipt["logs"] if log["topics"][0] == topic(*name)]
        for log in altered:
            log["topics"][number] = flipped(log["topics"][number])
        return bool(altered)

    return change


def no_log(name: tuple[str, str]) -> Change:
    """Leaves an event out."""

    def change(receipt: dict[str, Any]) -> bool:
        kept = [log for log in receipt["logs"] if log["topics"][0] != topic(*name)]
        altered = len(kept) < len(receipt["logs"])
        receipt["logs"] = kept
        return altered

    return change


def block_value(name: str) -> Change:
    def change(block: dict[str, Any]) -> bool:
        block[name] = flipped(block[name])
        return True

    return change


def calldata(function: str, place: int) -> Change:
    """Alters a digit of the arguments of calls of a function of Jobs."""
    [entry] = [e for e in load("Jobs").abi if e["type"] == "function" and e["name"] == function]
    selector = "0x" + selector_of(entry).hex()

    def change(block: dict[str, Any]) -> bool:
        calls = [t for t in block["transactions"] if isinstance(t, dict) and t["input"].startswith(selector)]
        for transaction in calls:
            transaction["input"] = flipped(transaction["input"], place)
        return bool(calls)

    return change
