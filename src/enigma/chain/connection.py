"""One chain, through one node's URL: what is on it, and a door for signed transactions.

A node can lie about what it does not hold, and this process cannot know; it cannot contradict itself unnoticed. Checked
are: the chain id on every new connection; that a block read by its hash, and again by its number, is one block, and
that blocks link to their parents; that receipts and logs stand in blocks that are on the chain, at the place they name.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Literal

from enigma.chain import answers
from enigma.chain.answers import Block, Log, Receipt
from enigma.chain.coding import Abi, decode_refusal, decode_result, encode_call, function_entry
from enigma.chain.transport import JsonRpc, RpcRefusal
from enigma.errors import ArgumentProblem, ChainRefused, LyingNode, WrongChain

At = int | Literal["latest", "pending", "earliest"]
REMEMBERED = 1024  # blocks whose place in the chain is remembered
ATTEMPTS = 3  # readings of something that a reorganisation may have moved between two requests
_REVERTED = 3  # the code of a reverted call, in geth and in those who follow it


class Connection:
    """A chain at a URL. Threads may share it. Every failure of the node is a ChainProblem that names the URL.

    The chain's id is `chain_id` where given, else the one of the first contact; after that another id is WrongChain.
    """

    def __init__(self, url: str, *, chain_id: int | None = None, timeout: float = 10.0) -> None:
        self._rpc = JsonRpc(url, timeout=timeout, greet=self._greet)
        self._chain_id = chain_id
        self._lock = threading.Lock()
        self._places: OrderedDict[int, str] = OrderedDict()  # number -> hash, as last seen

    @property
    def url(self) -> str:
        """Where the node is, without any password."""
        return self._rpc.url

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155); asks the node where there was no contact yet."""
        if self._chain_id is None:
            self.ask("eth_chainId")
        assert self._chain_id is not None  # the first contact set it
        return self._chain_id

    def ask(self, method: str, *params: Any, timeout: float | None = None) -> Any:
        """Any JSON-RPC request, unread. Raises ChainUnreachable, WrongChain, or ChainRefused with the node's words."""
        return self._rpc.ask(method, params, timeout=timeout)

    def close(self) -> None:
        """Close what is open to the node. A later request opens it again."""
        self._rpc.close()

    # ------------------------------------------------------------ blocks

    def head(self) -> Block:
        """The newest block."""
        found = self.block("latest")
        if found is None:
            raise LyingNode(f"{self.url} has no newest block")
        return found

    def block(self, at: At) -> Block | None:
        """The block of a number, or None where the chain is not that long. Raises LyingNode."""
        for _ in range(ATTEMPTS):
            answer = self.ask("eth_getBlockByNumber", at if isinstance(at, str) else hex(at), False)
            if answer is None:
                return None
            found = answers.block(answer)
            if isinstance(at, int) and found.number != at:
                raise LyingNode(f"{self.url} was asked for block {at} and gave block {found.number}")
            if self._fits(found):
                return found
        raise LyingNode(
            f"{self.url} gives different blocks for one number, again and again",
            hint="it may be several nodes behind one address: take another",
        )

    def block_of(self, block_hash: str) -> Block | None:
        """The block of a hash, or None where the node does not hold it. It need not be on the chain any more."""
        answer = self.ask("eth_getBlockByHash", block_hash, False)
        if answer is None:
            return None
        found = answers.block(answer)
        if found.hash != block_hash.lower():
            raise LyingNode(f"{self.url} was asked for block {block_hash} and gave {found.hash}")
        return found

    def _fits(self, found: Block) -> bool:
        """Does this block agree with what was seen before, or is it what a reorganisation left there, for good?"""
        with self._lock:
            known, below = self._places.get(found.number), self._places.get(found.number - 1)
        if known in {None, found.hash} and below in {None, found.parent}:
            self._remember(found)
            return True
        # Its number had another block, or its parent's number has: a reorganisation says the same twice and links up.
        again = self.ask("eth_getBlockByNumber", hex(found.number), False)
        parent = self.ask("eth_getBlockByNumber", hex(found.number - 1), False) if found.number else None
        if again is None or answers.block(again).hash != found.hash:
            return False
        if parent is not None and answers.block(parent).hash != found.parent:
            return False
        if self.block_of(found.hash) is None:
            raise LyingNode(f"{self.url} gives block {found.number} by its number, and does not know it by its hash")
        with self._lock:
            for number in [n for n in self._places if n >= found.number - 1]:
                del self._places[number]
        self._remember(found)
        return True

    def _remember(self, found: Block) -> None:
        with self._lock:
            self._places[found.number] = found.hash
            self._places.move_to_end(found.number)
            while len(self._places) > REMEMBERED:
                self._places.popitem(last=False)

    # ------------------------------------------------------------ accounts and contracts

    def balance(self, address: str) -> int:
        """Wei of an address."""
        return answers.quantity(self.ask("eth_getBalance", address, "latest"), "a balance")

    def nonce(self, address: str, at: At = "latest") -> int:
        """How many transactions an address has sent; "pending" counts those that wait, as far as this node knows."""
        place = at if isinstance(at, str) else hex(at)
        return answers.quantity(self.ask("eth_getTransactionCount", address, place), "a nonce")

    def code(self, address: str) -> bytes:
        """The runtime bytecode at an address; empty where there is no contract."""
        return answers.octets(self.ask("eth_getCode", address, "latest"), "a contract's code")

    def read(
        self, address: str, abi: Abi, function: str, *args: Any, sender: str | None = None, at: At = "latest"
    ) -> Any:
        """What a function answers, without a transaction: None, a value, or a tuple.

        Raises ChainRefused with the reason of a revert, or where no contract is at the address.
        """
        entry = function_entry(abi, function, len(args))
        call = {"to": address, "data": "0x" + encode_call(entry, args).hex()}
        if sender is not None:
            call["from"] = sender
        encoded = answers.octets(self.call(call, abi, function, at=at), f"the answer of {function}")
        if not encoded and entry.get("outputs") and not self.code(address):
            raise ChainRefused(f"no contract is at {address}", doing=function, hint=f"is {self.url} the right chain?")
        return decode_result(entry, encoded)

    def call(self, fields: dict[str, str], abi: Abi, doing: str, *, at: At = "latest") -> Any:
        """The bytes that a call answers, as 0x text. Raises ChainRefused with the reason of a revert."""
        try:
            return self.ask("eth_call", fields, at if isinstance(at, str) else hex(at))
        except RpcRefusal as refusal:
            raise refused(refusal, abi, doing) from None

    # ------------------------------------------------------------ transactions

    def send_raw(self, raw: bytes) -> str:
        """Hand a signed transaction to the node; its hash. Raises ChainRefused with the node's words."""
        return answers.digest(self.ask("eth_sendRawTransaction", "0x" + raw.hex()), "a transaction's hash")

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction that is on the chain now, else None.

        Raises LyingNode where the block that it names is not on the chain, or does not hold the transaction.
        """
        found: Receipt | None = None
        for _ in range(ATTEMPTS):
            answer = self.ask("eth_getTransactionReceipt", transaction)
            if answer is None:
                return None
            found = answers.receipt(answer, transaction)
            block = self.block(found.block)
            if block is not None and block.hash == found.block_hash:
                if found.index >= len(block.transactions) or block.transactions[found.index] != transaction:
                    raise LyingNode(f"{self.url}: block {found.block} does not hold {transaction}, its receipt says so")
                return found
        assert found is not None  # ATTEMPTS is at least one
        raise LyingNode(f"{self.url}: the receipt of {transaction} is of a block that is not block {found.block}")

    # ------------------------------------------------------------ logs

    def logs(
        self, address: str | Sequence[str], topics: Sequence[str | Sequence[str] | None], first: int, last: int
    ) -> list[Log]:
        """The logs of contracts in the blocks `first` to `last`, both included, in the chain's order.

        `topics` is a filter as JSON-RPC has it. Raises LyingNode where a log was not asked for, is out of order, or
        stands in a block that is not on the chain.
        """
        if first > last:
            raise ArgumentProblem(f"logs from block {first} to {last}")
        wanted = [address] if isinstance(address, str) else list(address)
        request = {"address": wanted, "topics": list(topics), "fromBlock": hex(first), "toBlock": hex(last)}
        for _ in range(ATTEMPTS):
            answer = self.ask("eth_getLogs", request)
            if not isinstance(answer, list):
                raise LyingNode(f"{self.url} answered with logs that are no list")
            found = [answers.log(each) for each in answer]
            self._asked_for(found, wanted, topics, first, last)
            if self._placed(found):
                return found
        raise LyingNode(f"{self.url} gives logs of blocks that are not on its chain")

    def _asked_for(
        self,
        found: list[Log],
        wanted: Sequence[str],
        topics: Sequence[str | Sequence[str] | None],
        first: int,
        last: int,
    ) -> None:
        addresses = {each.lower() for each in wanted}
        place = (-1, -1)
        for log in found:
            if log.address.lower() not in addresses or not first <= log.block <= last or not _matches(log, topics):
                raise LyingNode(f"{self.url} gave a log that was not asked for, of {log.address} in block {log.block}")
            if (log.block, log.index) <= place:
                raise LyingNode(f"{self.url} gave logs out of order, or one twice, in block {log.block}")
            place = (log.block, log.index)

    def _placed(self, found: list[Log]) -> bool:
        blocks = {number: self.block(number) for number in {log.block for log in found}}
        for log in found:
            block = blocks[log.block]
            if block is None or block.hash != log.block_hash:
                return False
            if log.transaction not in block.transactions:
                raise LyingNode(f"{self.url} gave a log of {log.transaction}, which block {log.block} does not hold")
        return True

    def _greet(self, ask: Callable[..., Any]) -> None:
        """Pin the chain's id. Runs first on every new connection to the node."""
        found = answers.quantity(ask("eth_chainId"), "a chain's id")
        with self._lock:
            if self._chain_id is None:
                self._chain_id = found
        if self._chain_id != found:
            raise WrongChain(
                f"{self.url} serves the chain {found}, not {self._chain_id}",
                hint="give the address of a node of the right chain; nothing was sent",
            )


def refused(refusal: RpcRefusal, abi: Abi, doing: str) -> ChainRefused:
    """What a node answered to a call or an estimate, as the controller's own reason where it was a revert."""
    if refusal.encoded:
        return ChainRefused(decode_refusal(refusal.encoded, abi), doing=doing)
    if refusal.code == _REVERTED or "revert" in refusal.reason.lower():
        return ChainRefused(decode_refusal(b""), doing=doing)
    return ChainRefused(refusal.reason, doing=doing)


def _matches(log: Log, topics: Sequence[str | Sequence[str] | None]) -> bool:
    if len(log.topics) < len(topics):
        return False
    for asked, found in zip(topics, log.topics, strict=False):
        allowed = [asked] if isinstance(asked, str) else asked
        if allowed is not None and found not in {each.lower() for each in allowed}:
            return False
    return True
