"""The seats of one contract as threads, over channels in memory; what their nodes keep is in dicts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from enigma.algebra import kernels
from enigma.contract.answers import SealedDocument, SealedOutput, read_result
from enigma.contract.calling.arguments import bound, given
from enigma.contract.calling.documents import EnclosedDocument, OwnDocument, opened
from enigma.contract.calling.private_arguments import Checked
from enigma.contract.calling.raw import raw_columns
from enigma.contract.dictionaries.addresses import Address, address_of
from enigma.contract.dictionaries.memory import in_memory
from enigma.contract.keeping import encode, remembered
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.state import State
from enigma.contract.vyper.arguments import encode_arguments
from enigma.engine.families import FAMILIES
from enigma.keys.node import NodeKey
from enigma.net import memory_mesh
from enigma.node.job.assignment import Assignment, Budget, Given, Question
from enigma.node.job.attempt import attempt
from enigma.node.job.finding import Finding
from enigma.node.job.generations import Generations
from enigma.node.job.meeting import Meeting
from enigma.sharing.generations import Generation
from enigma.wire import codec

FAMILY = "replicated3"
SEATS = 3
LIMIT = 1 << 30


def party(who: Any) -> Address:
    return who if isinstance(who, Address) else address_of(who)


class SeatNode:
    """What one node keeps; `attempt` speaks to it as to its process's pipe."""

    def __init__(self, seat: int) -> None:
        self.seat = seat
        self.stored: dict[int, bytes] = {}
        self.state = b""
        self.pending: Finding | None = None
        self.signed: list[bytes] = []
        self.phases: list[str] = []
        self.fails_to_store = False
        self.held = Generations(Generation())
        self.facts: dict[bytes, Any] = {}
        """What the chain says, by the canonical bytes of the question."""

    def pieces(self, indices: Sequence[int]) -> list[bytes]:
        return [self.stored[index] for index in indices]

    def store(self, finding: Finding) -> None:
        if self.fails_to_store:
            raise OSError("the disk is gone")
        self.pending = finding

    def sign(self, digest: bytes) -> bytes:
        self.signed.append(digest)
        return bytes([self.seat]) * 65

    def generations(self) -> Generations:
        return self.held

    def switch(self, digest: bytes) -> None:
        self.held = self.held.switched(digest)

    def drop(self, digest: bytes) -> None:
        self.held = self.held.dropped(digest)

    def release(self, digest: bytes) -> None:
        self.held = self.held.released(digest)

    def has_signed(self, question: Question) -> bool:
        return self.pending is not None and self.pending.digest(question.request) in self.signed

    def opening(self, overruled: bool) -> None:
        """Nobody takes anything back here."""

    def chain(self, question: bytes) -> bytes:
        kind: Any = codec.decode(question, limit=LIMIT)
        empty: dict[str, Any] = {"latest": None, "as of": [None, None], "history": [0, []], "members": []}
        return codec.encode(self.facts.get(question, empty[kind[0]]))

    def phase(self, what: str, done: int, total: int) -> None:
        if not self.phases or self.phases[-1] != what:
            self.phases.append(what)

    def settle(self) -> None:
        assert self.pending is not None
        if self.pending.settles:
            self.state = self.pending.state
            self.stored |= self.pending.kept
        self.pending = None


class Seats:
    """A contract on three seats. `ask` shares the private arguments and works on one job, to the end or an error."""

    def __init__(self, source: str, public: dict[str, Any], *, deployer: str = "deployer") -> None:
        self.module = load(Source("contract.py", source))
        self.public = dict(public)
        self.deployer, self.this = address_of(deployer), address_of("contract")
        self.nodes = [SeatNode(seat) for seat in range(SEATS)]
        self.keys = [NodeKey.generate() for _ in range(SEATS)]
        self.job = 0
        self.budget = Budget(10**18, 10**9, 10**9)
        self.documents: dict[bytes, EnclosedDocument] = {}

    @classmethod
    def of(cls, example: str, public: dict[str, Any]) -> Seats:
        path = Path(__file__).parents[3] / "examples" / example / f"{example}.py"
        return cls(path.read_text(encoding="utf-8"), public)

    def ask(self, who: str, function: str, *args: Any, **options: Any) -> list[dict[int, bytes]]:
        self.job += 1
        return self.try_again(self.question(who, function, *args, **options))

    def question(self, who: str, function: str, *args: Any, **options: Any) -> Question:
        assert self.module.contract is not None
        entry = self.module.contract.functions[function]
        taken = given(entry, bound(entry, args, options), party)
        private: dict[str, Given] = {}
        number = 0
        for name, argument in taken.items():
            if not isinstance(argument, (Checked, OwnDocument)):
                continue
            columns, raws, rows = {}, *self._raws(argument)
            raws, dealt = self.deal(raws, rows)
            for column, raw in raws.items():
                index = (self.job << 20) + number
                number += 1
                for node, held in zip(self.nodes, dealt[column], strict=True):
                    node.stored[index] = held
                columns[column] = (index, raw.shape)
            private[name] = Given(columns, rows)
        state = State(public=self.public)
        return Question(
            contract=b"c" * 32, job=self.job, request=os.urandom(32), name="contract.py",
            source=self.module.source.text, imports={}, function=function, sender=str(address_of(who)),
            deployer=str(self.deployer), this=str(self.this), now=1_800_000_000,
            arguments=encode_arguments(self.module, function, {k: v for k, v in taken.items() if k not in private}),
            given=private, public=encode(remembered(self.this, state, in_memory())), changes=0, budget=self.budget,
        )  # fmt: skip

    def deal(self, raws: dict[str, Any], rows: int | None) -> tuple[dict[str, Any], dict[str, list[bytes]]]:
        """What is shared of raw columns, and what each seat stores of each."""
        _, sharing = FAMILIES[FAMILY]
        dealt = {}
        for column, raw in raws.items():
            given = (sharing.accept(each, raw.shape, raw.dtype == np.bool_) for each in sharing.share(raw, os.urandom))
            dealt[column] = [sharing.output(pieces) for pieces in given]
        return raws, dealt

    def links(self, seat: int, channels: Mapping[int, Any]) -> Mapping[int, Any]:
        """The channels that a seat is given."""
        return channels

    def _raws(self, argument: Checked | OwnDocument) -> tuple[dict[str, Any], int | None]:
        if isinstance(argument, Checked):
            return raw_columns(argument), argument.rows
        document = argument.enclosed(os.urandom(32))
        self.documents[document.sha256] = document
        return {document.column: document.words}, 8

    def try_again(
        self, question: Question, differing: dict[int, Callable[[Assignment], Assignment]] | None = None
    ) -> list[dict[int, bytes]]:
        """One attempt at a question by all seats; what each gives. Raises the first seat's error."""
        session = os.urandom(32)
        mesh = memory_mesh(range(SEATS), deadline=20.0)

        def run(seat: int) -> dict[int, bytes]:
            node = self.nodes[seat]
            assignment = Assignment(
                question, seat, (), session, FAMILY, "auto", 20, node.state,
                None if node.pending is None else node.pending.digest(question.request), node.has_signed(question), b"",
            )  # fmt: skip
            if differing is not None and seat in differing:
                assignment = differing[seat](assignment)
            family, sharing = FAMILIES[FAMILY]
            try:
                meeting = Meeting(
                    seat, self.keys[seat], [key.public_bytes for key in self.keys],
                    [key.fingerprint for key in self.keys], self.links(seat, mesh[seat]), family, sharing, session,
                    kernels.load(), os.urandom,
                )  # fmt: skip
                return attempt(assignment, meeting, node, os.urandom)
            except BaseException:
                for channel in mesh[seat].values():
                    channel.abandon()
                raise

        with ThreadPoolExecutor(SEATS) as threads:
            running = [threads.submit(run, seat) for seat in range(SEATS)]
        errors = [each.exception() for each in running]
        first = next((error for error in errors if error is not None), None)
        if first is not None:
            raise first
        return [each.result() for each in running]

    def settle(self) -> Any:
        """All nodes take their findings; the answer of the first, with a name's view of what is sealed."""
        finding = self.nodes[0].pending
        assert finding is not None
        answer: Any = codec.decode(finding.answer, limit=LIMIT)
        shares = [node.pending.shares for node in self.nodes if node.pending is not None]
        for node in self.nodes:
            node.settle()
        if "refused" in answer:
            return answer
        return self._opened(read_result(answer["result"]), shares)

    def _opened(self, part: Any, shares: list[Any]) -> Any:
        from enigma.array.literals import decode

        _, sharing = FAMILIES[FAMILY]
        if isinstance(part, SealedOutput):
            held = [
                sharing.read_output(seat[part.slot.number].share, part.shape, part.slot.type.is_bool) for seat in shares
            ]
            return decode(sharing.reconstruct(held), part.slot.type)
        if isinstance(part, SealedDocument):
            words = self._opened(part.key, shares)
            return opened(words, part.sha256, part.size, self.documents[part.sha256].chunks())
        if isinstance(part, (list, tuple)):
            return type(part)(self._opened(each, shares) for each in part)
        if isinstance(part, dict):
            return {key: self._opened(each, shares) for key, each in part.items()}
        return part


def altered(question: Question, **changes: Any) -> Callable[[Assignment], Assignment]:
    """A seat that was told something else."""
    return lambda assignment: replace(assignment, question=replace(question, **changes))
