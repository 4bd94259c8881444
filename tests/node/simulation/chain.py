"""A chain in memory: blocks with hashes, transactions that wait, reorganisations; nodes see it as a `Connection`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tests.node.simulation.rules import MAXIMUM, Kept, Said, Terms, apply
from tests.node.simulation.scheduling import Scheduler

from enigma.chain.answers import Block, Log, Receipt
from enigma.chain.artifacts import load
from enigma.chain.coding import encode_values, event_topic
from enigma.chain.committees import Phase
from enigma.chain.deployment import NAMES, Controllers
from enigma.chain.jobs import Standing
from enigma.errors import ChainRefused, ChainUnreachable, NotMined

CHAIN_ID = 31_337
BLOCK_SECONDS = 3
BIRTH = 1_800_000_000
PATIENCE = 60.0
ENDS = frozenset({"Settled", "Refused", "Expired"})

CONTROLLERS = Controllers(CHAIN_ID, {name: f"0x{number + 1:040x}" for number, name in enumerate(NAMES)}, 1)


@dataclass(eq=False)
class Sent:
    """A transaction; `block` is where it stands now, `refusal` why it was reverted there."""

    sender: str
    name: str
    args: Sequence[Any]
    number: int
    block: int | None = None
    refusal: str = ""

    @property
    def hash(self) -> str:
        return f"0x{self.number:064x}"


@dataclass(frozen=True)
class Mined:
    """One block: what it says, and the state after it."""

    block: Block
    logs: tuple[Log, ...]
    names: tuple[str, ...]
    sent: tuple[Sent, ...]
    kept: Kept


class Chain:
    """The one chain of a world. `half` is the public half's runtime code."""

    def __init__(self, scheduler: Scheduler, terms: Terms, half: tuple[str, bytes], source: bytes) -> None:
        self.terms, self.half, self.source = terms, half, source
        self._scheduler = scheduler
        self._count = self._forks = 0
        self.waiting: list[Sent] = []
        first = Block(0, f"0x{1:064x}", f"0x{0:064x}", BIRTH, 0, 0, ())
        self.blocks = [Mined(first, (), (), (), Kept())]
        self.submit(f"0x{99:040x}", "publish", (half[0], source))
        self.mine()

    @property
    def now(self) -> int:
        return BIRTH + int(self._scheduler.now)

    @property
    def kept(self) -> Kept:
        return self.blocks[-1].kept

    def submit(self, sender: str, name: str, args: Sequence[Any]) -> Sent:
        self._count += 1
        sent = Sent(sender, name, args, self._count)
        self.waiting.append(sent)
        return sent

    def want_taken(self, sender: str, name: str, args: Sequence[Any]) -> None:
        """What an estimate of gas says: raises ChainRefused where the chain would not take it now."""
        apply(self.terms, self.kept.copy(), self.now, sender, name, args)

    def mine(self) -> None:
        """One more block with all that waits."""
        below, number = self.blocks[-1], len(self.blocks)
        fork = f"{below.block.hash} {number} {self._forks}".encode()
        digest = "0x" + hashlib.sha256(fork).hexdigest()
        time = max(below.block.timestamp, self.now)
        taken, self.waiting = tuple(self.waiting), []
        kept = below.kept.copy() if taken else below.kept
        logs: list[Log] = []
        names: list[str] = []
        for sent in taken:
            sent.block, sent.refusal = number, ""
            trial = kept.copy()
            try:
                said = apply(self.terms, trial, time, sent.sender, sent.name, sent.args)
            except ChainRefused as refusal:
                sent.refusal = refusal.message
                continue
            kept = trial
            for each in said:
                names.append(each[1])
                logs.append(_log(each, number, digest, sent.hash, len(logs)))
        block = Block(number, digest, below.block.hash, time, 0, 0, tuple(each.hash for each in taken))
        self.blocks.append(Mined(block, tuple(logs), tuple(names), taken, kept))

    def reorganise(self, depth: int, confirmations: int, order: Callable[[list[Sent]], list[Sent]]) -> int:
        """Take back blocks, at most so many, and mine as many and one more, with their transactions in another order.

        No end of a job that a node may have heard is taken back: what nodes do then is to stop, by design.
        """
        seen = len(self.blocks) - 1 - confirmations
        lowest = max((i for i, each in enumerate(self.blocks) if i <= seen and ENDS & set(each.names)), default=1)
        depth = min(depth, len(self.blocks) - 1 - lowest)
        if depth <= 0:
            return 0
        gone = self.blocks[-depth:]
        del self.blocks[-depth:]
        again = order([sent for each in gone for sent in each.sent])
        for sent in again:
            sent.block = None
        self._forks += 1
        late, self.waiting = self.waiting, again
        self.mine()
        self.waiting += late
        for _ in range(depth):
            self.mine()
        return depth


@cache
def _entries() -> dict[tuple[str, str], dict[str, Any]]:
    return {(name, e["name"]): e for name in NAMES for e in load(name).abi if e["type"] == "event"}


def _log(said: Said, number: int, block_hash: str, transaction: str, index: int) -> Log:
    controller, name, values = said
    entry = _entries()[controller, name]
    indexed = [each for each in entry["inputs"] if each["indexed"]]
    rest = [each for each in entry["inputs"] if not each["indexed"]]
    topics = [event_topic(entry)]
    topics += ["0x" + encode_values([each["type"]], [values[each["name"]]]).hex() for each in indexed]
    data = encode_values([_kind(each) for each in rest], [values[each["name"]] for each in rest])
    return Log(CONTROLLERS.addresses[controller], tuple(topics), data, number, block_hash, transaction, index)


def _kind(part: dict[str, Any]) -> str:
    if not part["type"].startswith("tuple"):
        return str(part["type"])
    return f"({','.join(_kind(each) for each in part['components'])}){part['type'][5:]}"


class Door:
    """One node's way to the chain: what `Connection` and `Sender` are elsewhere. `reaches` says whether it is open.

    `swallows`: of so many next transactions the answer is lost, though the chain takes them.
    """

    def __init__(self, chain: Chain, scheduler: Scheduler, name: str, reaches: Callable[[], bool]) -> None:
        self._chain, self._scheduler, self._name, self._reaches = chain, scheduler, name, reaches
        self.chain_id, self.url = CHAIN_ID, "memory"
        self.swallows = 0

    def _want_open(self) -> None:
        if not self._reaches():
            raise ChainUnreachable("the chain does not answer")

    # ------------------------------------------------------------ reading

    def head(self) -> Block:
        self._want_open()
        return self._chain.blocks[-1].block

    def block(self, at: int) -> Block | None:
        self._want_open()
        return self._chain.blocks[at].block if at < len(self._chain.blocks) else None

    def logs(self, address: Sequence[str], topics: Any, first: int, last: int) -> list[Log]:
        self._want_open()
        return [log for each in self._chain.blocks[first : last + 1] for log in each.logs]

    def code(self, address: str) -> bytes:
        self._want_open()
        assert address == self._chain.half[0]
        return self._chain.half[1]

    def read(self, address: str, abi: Any, function: str, *args: Any, at: Any = "latest") -> Any:
        self._want_open()
        chain, kept, terms = self._chain, self._chain.kept, self._chain.terms
        match function:
            case "enigma_changes":
                return 0
            case "job":
                found = kept.jobs.get(args[0])
                if found is None:
                    return bytes(32), bytes(32), "", 0, 0, Standing.NONE
                return terms.contract, found.request, found.asker, MAXIMUM, found.deadline, found.standing
            case "standing":
                asleep = sum(1 << seat for seat in kept.asleep)
                return 0, 0, asleep, 0, len(terms.seats) - len(kept.asleep) < terms.quorum
            case "info":
                fees = 1, 1, 1, terms.term
                size = len(terms.seats)
                return (
                    f"0x{99:040x}", chain.source, chain.half[0], size, terms.quorum, Phase.SEATED, False, fees, 0,
                    list(terms.seats),
                )  # fmt: skip
        raise AssertionError(f"nobody asks the chain for {function}")

    # ------------------------------------------------------------ sending

    def send(self, address: str, abi: Any, function: str, *args: Any, value: int = 0) -> Receipt:
        """A transaction, until its receipt is held."""
        self._want_open()
        self._chain.want_taken(self._name, function, args)
        sent = self._chain.submit(self._name, function, args)
        if self.swallows:
            self.swallows -= 1
            raise ChainUnreachable("the answer to a transaction was lost")
        self._scheduler.wait(lambda: sent.block is not None, PATIENCE, f"{function} to be mined")
        self._want_open()
        if sent.block is None:
            raise NotMined(f"{function}: no block holds it")
        if sent.refusal:
            raise ChainRefused(sent.refusal, doing=function)
        mined = self._chain.blocks[sent.block].block
        return replace(_RECEIPT, transaction=sent.hash, block=mined.number, block_hash=mined.hash)


_RECEIPT = Receipt("", 0, "", 0, 1, 0, 0, None, ())
