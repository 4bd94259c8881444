"""Transactions of one account: each is sent until its receipt is held, and none is sent twice.

A nonce is given out under a lock and belongs to one purpose for ever: what was signed with it is written to the journal
before it leaves, and only the same bytes, or a replacement with the same nonce and a higher fee, are sent again. So a
crash of this process, a node that lost its pool, and a reorganisation all end the same way: the chain has at most one
of them. Until a transaction is `SETTLED` blocks deep it is kept, and sent again when its block has left the chain.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from enigma.chain import answers, paying
from enigma.chain.answers import Block, Receipt
from enigma.chain.coding import Abi, encode_call, encode_creation, function_entry
from enigma.chain.connection import Connection
from enigma.chain.journal import Journal, Sent, in_order
from enigma.chain.refusals import Refusal, classify
from enigma.chain.transport import RpcRefusal
from enigma.errors import ChainRefused, ChainUnreachable, LyingNode, NoFunds, NotMined
from enigma.keys.account import Account

SETTLED = 12  # blocks above a transaction after which it is not sent again
RESENT_AFTER = 1.0  # seconds between two sendings of the same bytes
LOOK_EVERY = 0.2  # seconds between two looks for a new block; a new one, or RESENT_AFTER, makes us look for a receipt
FOREIGN_AFTER = 10  # looks in a row that show a nonce as used, and no receipt of ours
GIVEN_NONCES = 4  # nonces that may turn out to be taken by another program, one after the other


class Sender:
    """Sends from one account over one connection. Threads may share it; processes share an account only by `journal`.

    `journal`: a file that outlives this process. `confirmations`: blocks that must stand above a receipt's. `deadline`:
    seconds for a transaction to get there. `patience`: seconds until a transaction that no block takes is replaced
    with a higher fee. `clock` and `pause` tell and pass seconds.
    """

    def __init__(
        self,
        connection: Connection,
        account: Account,
        *,
        journal: Path | None = None,
        confirmations: int = 0,
        deadline: float = 120.0,
        patience: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection, self.account = connection, account
        self._path, self._confirmations, self._deadline = journal, confirmations, deadline
        self._patience, self._clock, self._pause = patience, clock, pause
        self._lock = threading.RLock()
        self._waiting_ended = threading.Event()
        self._heights = threading.Lock()
        self._newest, self._height_asked = 0, -math.inf
        self._opened: Journal | None = None
        self._last_sent: dict[str, float] = {}  # hash -> when these bytes last left
        self._first_sent: dict[int, float] = {}  # nonce -> when its newest form first left

    @property
    def address(self) -> str:
        """Who sends."""
        return self.account.address

    @property
    def unused(self) -> bool:
        """Is the journal open, with nothing in it: neither sent, nor done under a name?"""
        with self._lock:
            return self._opened is not None and not (self._opened.pending or self._opened.finished)

    # ------------------------------------------------------------ what callers do

    def send(
        self,
        address: str,
        abi: Abi,
        function: str,
        *args: Any,
        value: int = 0,
        once: str | None = None,
        confirmations: int | None = None,
        deadline: float | None = None,
    ) -> Receipt:
        """Call a function by a transaction, and hold its receipt.

        `value` is in wei. `once` names what this is for: under one name only one transaction is ever sent from a
        journal, and its receipt is the answer each time. Raises ChainRefused with the controller's reason, NoFunds,
        NotMined when the deadline passes: it may then still be mined, and a later call looks after it.
        """
        sent = self.submit(address, abi, function, *args, value=value, once=once)
        return self.wait(sent, abi, confirmations=confirmations, deadline=deadline)

    def submit(
        self, address: str, abi: Abi, function: str, *args: Any, value: int = 0, once: str | None = None
    ) -> Sent:
        """Send a transaction and do not wait: `wait` does. Raises ChainRefused, NoFunds."""
        data = encode_call(function_entry(abi, function, len(args)), args)
        return self._submit({"to": address, "data": "0x" + data.hex()}, abi, value, function, once)

    def deploy(self, abi: Abi, bytecode: bytes | str, *args: Any, value: int = 0, once: str | None = None) -> str:
        """Put a contract on the chain; its address. Raises as `send` does, and LyingNode where it is not there."""
        contract = self.create(abi, bytecode, *args, value=value, once=once).contract
        assert contract is not None  # create checks it
        return contract

    def create(self, abi: Abi, bytecode: bytes | str, *args: Any, value: int = 0, once: str | None = None) -> Receipt:
        """As `deploy`; the receipt, whose `contract` is the address that sender and nonce give."""
        data = encode_creation(abi, bytecode, args)
        sent = self._submit({"data": "0x" + data.hex()}, abi, value, "deployment", once)
        receipt = self.wait(sent, abi)
        if receipt.contract != _created(self.address, sent.nonce):
            raise LyingNode(f"{self.connection.url}: {receipt.transaction} made a contract at an address not its own")
        if not self.connection.code(receipt.contract):
            raise LyingNode(f"{self.connection.url}: {receipt.transaction} made a contract, and none is there")
        return receipt

    def transfer(self, address: str, value: int, *, once: str | None = None) -> Receipt:
        """Send ether: `value` wei."""
        return self.wait(self._submit({"to": address, "data": "0x"}, (), value, "transfer", once), ())

    def resume(self) -> list[Receipt]:
        """Send again what an earlier process left, and wait for it. The receipts, reverted ones too, by nonce."""
        with self._lock:
            left = in_order(self._journal.pending.values())
        return [self._held(sent, self._confirmations, self._deadline) for sent in left]

    def stop_waiting(self) -> None:
        """End every wait for a receipt, and send nothing new: NotMined. What was sent is kept, and `resume` goes on."""
        self._waiting_ended.set()

    def close(self) -> None:
        """Let another process have the journal; nothing is sent after this."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def wait(self, sent: Sent, abi: Abi, *, confirmations: int | None = None, deadline: float | None = None) -> Receipt:
        """The receipt of what was submitted, `confirmations` deep. Raises ChainRefused where it reverted, NotMined."""
        receipt = self._held(
            sent,
            self._confirmations if confirmations is None else confirmations,
            self._deadline if deadline is None else deadline,
        )
        if receipt.status == 0:
            raw = sent.forms[receipt.transaction]
            if not raw:  # sent in an earlier life of the journal, which keeps the name and the hash
                raise ChainRefused("it reverted", doing=sent.doing)
            raise paying.reason(self.connection, self.address, raw, receipt, abi, sent.doing)
        return receipt

    # ------------------------------------------------------------ sending

    @property
    def _journal(self) -> Journal:
        """Opened at first use, which asks the node for the chain's id."""
        with self._lock:
            if self._opened is None:
                first = self.connection.block(0) if self._path is not None else None
                genesis = first.hash if first is not None else ""
                self._opened = Journal(self._path, self.connection.chain_id, genesis, self.address)
            return self._opened

    def _submit(self, call: dict[str, str], abi: Abi, value: int, doing: str, once: str | None) -> Sent:
        if self._waiting_ended.is_set():
            raise NotMined(f"{doing}: not sent, since this program is ending", hint="do it again when it is back")
        with self._lock:
            known = self._known(once)
            if known is not None:
                return known
            head = self.connection.head()
            self._tend(head)
        gas = paying.gas(self.connection, head, self.address, call, abi, value, doing)
        fees = paying.fees(self.connection, head)
        with self._lock:
            known = self._known(once)
            return known if known is not None else self._begin(call, value, gas, fees, doing, once)

    def _known(self, once: str | None) -> Sent | None:
        """What was sent under this name before."""
        if once is None:
            return None
        if once in self._journal.finished:
            nonce, transaction = self._journal.finished[once]
            return Sent(nonce, once, once, {transaction: b""})
        return next((sent for sent in self._journal.pending.values() if sent.once == once), None)

    def _begin(
        self, call: dict[str, str], value: int, gas: int, fees: paying.Fees, doing: str, once: str | None
    ) -> Sent:
        fee, tip = fees
        sent = Sent(0, doing, once)
        for _ in range(GIVEN_NONCES):
            nonce = max([self.connection.nonce(self.address, "pending"), *(n + 1 for n in self._journal.pending)])
            sent = Sent(nonce, doing, once)
            fields = {
                **call, "value": value, "gas": gas, "nonce": nonce, "chainId": self.connection.chain_id, "type": 2,
                "maxFeePerGas": fee, "maxPriorityFeePerGas": tip,
            }  # fmt: skip
            signed = self.account.sign_transaction(fields)
            self._journal.signed(sent, signed.hash, signed.raw)
            try:
                answer = self._broadcast(sent)
            except (ChainRefused, NoFunds):
                self._journal.done(sent, None)  # the node did not take it: its nonce is free
                raise
            if answer in {Refusal.NONCE_USED, Refusal.UNDERPRICED}:
                self._journal.done(sent, None)  # another program sends from this account, and was first
                continue
            return sent
        raise ChainRefused(
            f"{self.connection.url} takes no transaction of {self.address} with nonce {sent.nonce}: {sent.said}",
            doing=doing,
            hint="where another program sends from this account at the same time, give each an account of its own",
        )

    def _broadcast(self, sent: Sent) -> Refusal | None:
        """Send the newest form; what the node said, where that is not the end of it. Raises ChainRefused, NoFunds."""
        transaction = next(reversed(sent.forms))
        now = self._clock()
        self._last_sent[transaction] = now
        self._first_sent.setdefault(sent.nonce, now)
        try:
            answered = self.connection.send_raw(sent.newest)
        except ChainUnreachable:
            return Refusal.UNKNOWN  # it may have arrived: it is sent again until there is a receipt
        except RpcRefusal as refusal:
            kind, sent.said = classify(refusal.reason), refusal.reason
            if kind is Refusal.NO_FUNDS:
                raise paying.no_funds(self.connection, self.address, sent.doing) from None
            if kind is Refusal.FINAL:
                raise ChainRefused(refusal.reason, doing=sent.doing) from None
            return kind
        if answered != transaction:
            raise LyingNode(f"{self.connection.url} took {transaction} and calls it {answered}")
        return None

    def _tend(self, head: Block) -> None:
        """Look after what was sent before: settle what is deep, send again what a block or the pool has lost."""
        pending = in_order(self._journal.pending.values())
        if not pending:
            return
        used = self.connection.nonce(self.address)
        for sent in pending:
            if sent.nonce >= used:
                self._unmined(sent)
                if self._stale(sent):
                    self._broadcast_again(sent)
            elif sent.block is None or head.number - sent.block >= SETTLED:
                receipt = self._receipt(sent)
                if receipt is not None and head.number - receipt.block >= SETTLED:
                    self._journal.done(sent, receipt.transaction)
                    self._forget(sent)

    def _stale(self, sent: Sent) -> bool:
        last = self._last_sent.get(next(reversed(sent.forms)))
        return last is None or self._clock() - last >= RESENT_AFTER

    def _broadcast_again(self, sent: Sent) -> None:
        waited = self._clock() - self._first_sent.setdefault(sent.nonce, self._clock())
        if waited >= self._patience:
            self._replace(sent)
        self._broadcast(sent)

    def _replace(self, sent: Sent) -> None:
        """Sign the same with a higher fee, for the same nonce."""
        fees = paying.fees(self.connection, self.connection.head())
        signed = self.account.sign_transaction(paying.dearer(sent.newest, fees))
        self._journal.signed(sent, signed.hash, signed.raw)
        self._first_sent[sent.nonce] = self._clock()

    def _forget(self, sent: Sent) -> None:
        self._first_sent.pop(sent.nonce, None)
        for transaction in sent.forms:
            self._last_sent.pop(transaction, None)

    # ------------------------------------------------------------ waiting

    def _held(self, sent: Sent, confirmations: int, seconds: float) -> Receipt:
        """A receipt that is deep enough. Nothing of the node's silence ends this before the deadline does."""
        begin = looked = self._clock()
        height, foreign = -1, 0
        receipt: Receipt | None = None
        last: ChainUnreachable | None = None
        while True:
            try:
                newest = self._height()
                if newest != height or self._clock() - looked >= RESENT_AFTER:
                    height, looked = newest, self._clock()
                    receipt = self._receipt(sent)
                    if receipt is not None and (
                        confirmations == 0 or self.connection.head().number - receipt.block >= confirmations
                    ):
                        return receipt
                    last = None
                    if receipt is None:
                        foreign = foreign + 1 if self._sought(sent) else 0
            except ChainUnreachable as error:
                height, receipt, last = -1, None, error
            if foreign >= FOREIGN_AFTER:
                self._taken(sent)
            if self._clock() - begin >= seconds or self._waiting_ended.is_set():
                seconds = min(seconds, self._clock() - begin)
                raise self._not_mined(sent, receipt, confirmations, seconds, last)
            self._pause(LOOK_EVERY)

    def _height(self) -> int:
        """The newest block's number: asked once for all threads that wait, because they ask it most."""
        with self._heights:
            if self._clock() - self._height_asked >= LOOK_EVERY / 2:
                self._newest = answers.quantity(self.connection.ask("eth_blockNumber"), "the newest block's number")
                self._height_asked = self._clock()
            return self._newest

    def _receipt(self, sent: Sent) -> Receipt | None:
        for transaction in reversed(sent.forms):
            receipt = self.connection.receipt(transaction)
            if receipt is not None:
                sent.mined, sent.block = transaction, receipt.block
                return receipt
        self._unmined(sent)
        return None

    def _unmined(self, sent: Sent) -> None:
        """No block holds it. Where one did, its patience begins anew: its fee was good enough."""
        if sent.mined is not None:
            self._first_sent[sent.nonce] = self._clock()
        sent.mined = sent.block = None

    def _sought(self, sent: Sent) -> bool:
        """Send again whatever keeps this from being mined. True where its nonce is used, and not by us."""
        with self._lock:
            if self._journal.pending.get(sent.nonce) is not sent:
                return False  # it was deep in the chain once
            used = self.connection.nonce(self.address)
            for each in in_order(self._journal.pending.values()):
                if used <= each.nonce <= sent.nonce and self._stale(each):
                    self._broadcast_again(each)
            return used > sent.nonce

    def _taken(self, sent: Sent) -> None:
        with self._lock:
            self._journal.done(sent, None)
            self._forget(sent)
        raise ChainRefused(
            f"nonce {sent.nonce} of {self.address} was used by a transaction that was not sent from here",
            doing=sent.doing,
            hint="nothing was done; another program sends from this account: give each an account of its own",
        )

    def _not_mined(
        self, sent: Sent, receipt: Receipt | None, confirmations: int, seconds: float, last: ChainUnreachable | None
    ) -> NotMined:
        transaction = next(reversed(sent.forms))
        if receipt is not None:
            return NotMined(
                f"{sent.doing}: {transaction} is in block {receipt.block}, and not {confirmations} blocks deep after "
                f"{seconds:g} s"
            )
        why = f"; {last.message}" if last is not None else ""
        return NotMined(
            f"{sent.doing}: no block holds {transaction} (nonce {sent.nonce}) after {seconds:g} s{why}",
            hint="it may still be mined: it is kept, and sent again with the next transaction of this account",
        )


def _created(address: str, nonce: int) -> str:
    """The address of a contract that this account makes with this nonce (Yellow Paper, section 7)."""
    import rlp
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak

    return str(to_checksum_address(keccak(rlp.encode([bytes.fromhex(address[2:]), nonce]))[12:]))
