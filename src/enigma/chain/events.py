"""Events of contracts, in the chain's order, each exactly once, also across restarts and reorganisations.

A reader delivers what is `confirmations` blocks deep. What was delivered can still leave the chain by a deeper
reorganisation: then it is delivered again, the newest first, with `removed` set, before what took its place. To know,
the cursor keeps the hashes of the last `TRAIL` blocks, and their logs. Exactly once is a promise between this reader
and whoever stores the cursor: keep it together with what the events did, in one step.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from enigma.chain.answers import Block, Log, Receipt
from enigma.chain.coding import Abi, decode_event, event_topic
from enigma.chain.connection import Connection
from enigma.errors import ArgumentProblem, ChainBehind, LyingNode, WrongChain

TRAIL = 64  # blocks whose hashes and logs a cursor keeps: the deepest reorganisation that is followed
STEP = 2000  # blocks asked for at once
ATTEMPTS = 5  # times that the chain may change while it is read


@dataclass(frozen=True, slots=True)
class Event:
    """What a contract said: the event's name and values, and where it stands. `removed`: it is not on the chain now."""

    name: str
    values: dict[str, Any]
    address: str
    block: int
    transaction: str
    index: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One block that was read: number, hash, and the logs that were delivered from it."""

    number: int
    hash: str
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader is: the next block, and the trail of blocks right before it, the newest last."""

    first: int
    next: int
    trail: tuple[Seen, ...] = ()

    def text(self) -> str:
        """As JSON, to be stored."""
        trail = [
            {
                "number": seen.number,
                "hash": seen.hash,
                "logs": [{**asdict(log), "data": log.data.hex()} for log in seen.logs],
            }
            for seen in self.trail
        ]
        return json.dumps({"first": self.first, "next": self.next, "trail": trail})

    @classmethod
    def of_text(cls, text: str) -> Cursor:
        """From what `text` gave. Raises ArgumentProblem."""
        try:
            kept = json.loads(text)
            trail = tuple(
                Seen(
                    int(seen["number"]),
                    str(seen["hash"]),
                    tuple(
                        Log(**{**log, "topics": tuple(log["topics"]), "data": bytes.fromhex(log["data"])})
                        for log in seen["logs"]
                    ),
                )
                for seen in kept["trail"]
            )
            return cls(int(kept["first"]), int(kept["next"]), trail)
        except (ValueError, KeyError, TypeError) as error:
            raise ArgumentProblem(
                f"this is no stored cursor: {error!r}", hint="begin again from the contract's first block"
            ) from None


class EventReader:
    """Reads the events of one contract, or of several with one ABI, from block `start` or from a stored `cursor`.

    `names` restricts it to some events. `confirmations` are the blocks that must stand above an event's. Raises
    ArgumentProblem for an event that the ABI does not have.
    """

    def __init__(
        self,
        connection: Connection,
        address: str | Sequence[str],
        abi: Abi,
        *,
        start: int = 0,
        cursor: Cursor | None = None,
        names: Iterable[str] | None = None,
        confirmations: int = 0,
    ) -> None:
        entries = {str(e["name"]): e for e in abi if e.get("type") == "event" and not e.get("anonymous")}
        wanted = list(entries) if names is None else list(names)
        for name in wanted:
            if name not in entries:
                raise ArgumentProblem(f"the contract has no event {name}", hint=f"it has: {', '.join(entries)}")
        self.cursor = cursor if cursor is not None else Cursor(start, start)
        self._connection, self._address, self._confirmations = connection, address, confirmations
        self._entries = {event_topic(entries[name]): entries[name] for name in wanted}

    def read(self) -> list[Event]:
        """The events that are new since the last call, in order; empty when there are none. Moves `cursor`.

        Raises WrongChain where the chain does not hold the blocks of the cursor's trail: it was reset, or is another.
        LyingNode where a log does not decode, or the chain changes faster than it can be read; ChainBehind.
        """
        cursor, found = self._unwound(self.cursor)
        attempts = 0
        while cursor.next <= (last := self._connection.head().number - self._confirmations):
            step = self._step(cursor, min(last, cursor.next + STEP - 1))
            if step is None:  # the chain changed between two requests: look again from the blocks that remain
                attempts += 1
                if attempts == ATTEMPTS:
                    raise LyingNode(f"{self._connection.url} gives another chain at each reading")
                cursor, removed = self._unwound(cursor)
                found += removed
                continue
            cursor, logs = step
            found += [self._event(log) for log in logs]
            if found:
                break
        self.cursor = cursor
        return found

    def unwind(self) -> list[Event]:
        """What of the cursor's trail has left the chain, the newest first; moves `cursor` back, and reads nothing new.

        Raises as `read` does.
        """
        self.cursor, removed = self._unwound(self.cursor)
        return removed

    def follow(self, ended: threading.Event, *, every: float = 0.5) -> Iterator[list[Event]]:
        """Batches of events as they come, until `ended` is set; it looks `every` so many seconds."""
        while not ended.is_set():
            batch = self.read()
            if batch:
                yield batch
            else:
                ended.wait(every)

    def _unwound(self, cursor: Cursor) -> tuple[Cursor, list[Event]]:
        """The cursor without the blocks that have left the chain, and their events, the newest first."""
        trail = list(cursor.trail)
        removed: list[Event] = []
        is_short = False
        while trail:
            block = self._connection.block(trail[-1].number)
            if block is not None and block.hash == trail[-1].hash:
                if is_short:
                    break
                return replace(cursor, next=trail[-1].number + 1, trail=tuple(trail)), removed
            is_short = is_short or block is None
            removed += [replace(self._event(log), removed=True) for log in reversed(trail.pop().logs)]
        if is_short and (trail or self._connection.head().number < cursor.trail[0].number):
            # What it has is what was read, and there is less of it: nothing has left the chain for something else.
            raise ChainBehind(
                f"{self._connection.url} had block {cursor.trail[-1].number}, and ends before it now",
                hint="it may be reading the chain itself, or be several nodes behind one address: it is asked again",
            )
        if not cursor.trail:
            return cursor, []
        if cursor.trail[0].number > cursor.first:
            raise WrongChain(
                f"{self._connection.url} does not hold the blocks that were read last: {cursor.trail[0].number} to "
                f"{cursor.trail[-1].number}",
                hint="the chain was reset, or it is another: read it again from the contract's first block",
            )
        return Cursor(cursor.first, cursor.first), removed

    def _step(self, cursor: Cursor, last: int) -> tuple[Cursor, list[Log]] | None:
        """The logs up to block `last`, and the cursor after it; None where the blocks read are not one chain."""
        logs = self._connection.logs(self._address, [list(self._entries)], cursor.next, last)
        by_block: dict[int, list[Log]] = {}
        for log in logs:
            by_block.setdefault(log.block, []).append(log)
        seen = list(cursor.trail)
        below: Seen | None = seen[-1] if seen else None
        for number in range(max(cursor.next, last - TRAIL + 1), last + 1):
            block = self._connection.block(number)
            if block is None or not _linked(block, below):
                return None
            own = tuple(by_block.get(number, ()))
            if any(log.block_hash != block.hash for log in own):
                return None
            below = Seen(number, block.hash, own)
            seen.append(below)
        return Cursor(cursor.first, last + 1, tuple(seen[-TRAIL:])), logs

    def _event(self, log: Log) -> Event:
        return _decoded(self._entries[log.topics[0]], log)


def events_of(receipt: Receipt, abi: Abi, address: str | None = None) -> list[Event]:
    """The events of a receipt that the ABI names, of one contract where `address` is given."""
    entries = {event_topic(e): e for e in abi if e.get("type") == "event" and not e.get("anonymous")}
    return [
        _decoded(entries[log.topics[0]], log)
        for log in receipt.logs
        if log.topics and log.topics[0] in entries and (address is None or log.address.lower() == address.lower())
    ]


def _decoded(entry: Any, log: Log) -> Event:
    values = decode_event(entry, log.topics, log.data)
    return Event(str(entry["name"]), values, log.address, log.block, log.transaction, log.index)


def _linked(block: Block, below: Seen | None) -> bool:
    return below is None or below.number != block.number - 1 or below.hash == block.parent
