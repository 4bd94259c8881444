"""One job at one seat, from meeting the others to signatures that all of them gave.

    hear what earlier attempts left                all seats have the same: sign that, compute nothing
                                                   its asker took the question back: a refusal, and nothing else
    agree on the question and on the state
    agree on the generation of the pieces          those of two never meet; while one is pending, nothing is computed
    every private argument in its declared range   else: refused, and the dealer is named
    evaluate the contract                          its programs run with the other seats
    the node stores the finding, durably           before anybody hears that it is there
    agree on the finding                           whoever signs knows that all have stored it
    sign, and collect the others' signatures

So a seat never signs two findings of one job: while one seat has not stored a finding, no seat has signed it, and the
job may be computed anew with fresh randomness; once one has signed, all have it, and give the same again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from enigma.chain.coding import encode_values
from enigma.chain.receipts import chained
from enigma.chain.results import NOTHING, result_commitment, share_commitment, share_context
from enigma.contract import call
from enigma.contract.answers import write_result
from enigma.contract.call import HeldRows, Outcome
from enigma.contract.calling.held import held_document, held_of, held_rows
from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.dictionaries.held import Held
from enigma.contract.dictionaries.interface import Dictionaries
from enigma.contract.dictionaries.memory import MemoryDocuments, MemoryLedger, MemorySecrets
from enigma.contract.host import Context
from enigma.contract.keeping import Kept, decode, encode, remembered, state_hash
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.state import State
from enigma.contract.types import DocumentType, PrivateType, TableType
from enigma.contract.typing import check
from enigma.contract.values.containers import Enclosed
from enigma.contract.vyper import public_half
from enigma.contract.vyper.arguments import decode_arguments
from enigma.contract.vyper.outcome import outcome as left_behind
from enigma.errors import CallRefused, InputError, ProgramError, ProtocolError, WireError
from enigma.keys.cancelling import check_cancellation
from enigma.node.job.acceptance import want_in_range
from enigma.node.job.assignment import Assignment, Question
from enigma.node.job.catching_up import Keeper, agree_on_generation
from enigma.node.job.dictionaries import ChainIdentities, ChainLedger
from enigma.node.job.facts import AskChain, Facts
from enigma.node.job.finding import Finding, Share
from enigma.node.job.host import Phase, Pieces, SeatHost
from enigma.node.job.judging import Judging
from enigma.node.job.meeting import Meeting
from enigma.wire import Tree, codec

SALT_BYTES = 32
SIGNATURE_BYTES = 65
CANCELLED = "cancelled by the asker"
"""Why the seats refuse a question that was taken back."""


class Node(Keeper, Protocol):
    """What the job asks of the node whose seat it has."""

    def pieces(self, indices: Sequence[int]) -> list[bytes]:
        """This seat's pieces of stored secrets."""

    def store(self, finding: Finding) -> None:
        """Keep a finding as pending. When this returns it survives the loss of power."""

    def sign(self, digest: bytes) -> bytes:
        """This seat's signature of the pending finding with this digest: of its receipt, or its refusal."""

    def opening(self, overruled: bool) -> None:
        """Something is about to become known to everyone. Raises where the asker has taken the question back.

        `overruled`: something may be known already, at one of the seats: then the question counts.
        """

    def chain(self, question: bytes) -> bytes:
        """What the chain says at the end of the question's block. See `enigma.node.facts`."""

    def phase(self, what: str, done: int, total: int) -> None:
        """What is going on."""


def attempt(
    assignment: Assignment, meeting: Meeting, node: Node, random_bytes: Callable[[int], bytes]
) -> dict[int, bytes]:
    """The signatures of all seats, by seat; what they signed is pending at every node.

    Raises `NetworkError`, `ProtocolError`, `WireError` where the seats lose each other or differ: nothing was signed
    that not all have stored, and the job is tried again.
    """
    question = assignment.question
    pending = assignment.pending
    node.phase("agreeing with the other seats", 0, 0)
    mine: list[Tree] = [
        question.request, pending, assignment.signed, assignment.cancellation, assignment.opened,
    ]  # fmt: skip
    heard = {assignment.seat: mine, **meeting.hear("what earlier attempts left", mine)}
    left = {seat: _left(tree) for seat, tree in heard.items()}
    same = _same_for_all(left)
    opening = partial(node.opening, any(each.opened for each in left.values()))
    if pending is None or not same:
        if _is_cancelled(assignment, left):
            # At each seat the same, whatever inputs it has.
            question = replace(question, refusal=CANCELLED, function="", arguments=b"", given={})
            assignment = replace(assignment, question=question)
        meeting.confirm("the question and the contract's state", _bound(assignment))
        agree_on_generation(meeting, node, range(meeting.family.seats))
        finding = find(assignment, meeting, node.pieces, node.phase, random_bytes, node.chain, opening)
        pending = finding.digest(question.request)
        node.store(finding)
    meeting.confirm("what was computed", pending)
    signatures = {assignment.seat: node.sign(pending)}
    for seat, signature in meeting.hear("the seats' signatures", signatures[assignment.seat]).items():
        if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
            raise WireError(f"seat {seat} sent no signature of {SIGNATURE_BYTES} bytes")
        signatures[seat] = signature
    return signatures


@dataclass(frozen=True, slots=True)
class _Left:
    """What a seat says of earlier attempts, and of the asker."""

    request: bytes
    pending: bytes | None
    signed: bool
    cancellation: bytes | None
    opened: bool


def _same_for_all(left: Mapping[int, _Left]) -> bool:
    """Whether all seats have stored one finding. Where one has signed what another has lost, nobody signs again."""
    same = len({(each.request, each.pending) for each in left.values()}) == 1
    signers = [seat for seat, each in left.items() if each.signed]
    if signers and not same:
        raise ProtocolError(
            f"seat {signers[0]} has signed what another seat has not stored any more",
            hint="a second receipt would cost deposits: the job ends with its deadline",
        )
    return same and all(each.pending is not None for each in left.values())


def _is_cancelled(assignment: Assignment, left: Mapping[int, _Left]) -> bool:
    """Whether the asker has told any seat so, and nothing can be known of the job. Raises `ProtocolError` if forged."""
    question = assignment.question
    told = [each.cancellation for each in left.values() if each.cancellation is not None]
    for signature in told:
        check_cancellation(
            question.sender, signature, assignment.chain,
            contract=question.contract, job=question.job, request=question.request,
        )  # fmt: skip
    return bool(told) and not any(each.opened for each in left.values())


def _left(tree: Tree) -> _Left:
    match tree:
        case [
            bytes(request), (None | bytes()) as pending, bool(signed), (None | bytes()) as cancellation, bool(opened)
        ]:  # fmt: skip
            return _Left(request, pending, signed, cancellation, opened)
    raise WireError("a seat says in another form what an earlier attempt left")


def _bound(assignment: Assignment) -> bytes:
    """All that the seats must be given alike."""
    q = assignment.question
    given: dict[str, Tree] = {
        name: [each.rows, {column: [i, list(shape)] for column, (i, shape) in each.columns.items()}]
        for name, each in q.given.items()
    }
    tree: Tree = [
        q.contract, q.job, q.request, q.source, dict(q.imports), q.function, q.sender, q.deployer, q.this, q.now,
        q.arguments, q.public, q.changes, q.block, q.refusal, given, assignment.family,
        hashlib.sha256(assignment.state).digest(),
    ]  # fmt: skip
    return hashlib.sha256(codec.encode(tree)).digest()


def find(
    assignment: Assignment,
    meeting: Meeting,
    pieces: Pieces,
    phase: Phase,
    random_bytes: Callable[[int], bytes],
    chain: AskChain,
    opening: Callable[[], None] = lambda: None,
) -> Finding:
    """What comes of the question at this seat. A contract's refusal is a finding; raises as `attempt` does.

    `opening` is called before anything becomes known to everyone, but for whether contributions lie in their ranges.
    `chain` is asked for what the call reads of the chain; the seats compare it before they compute on it, or end.
    """
    question = assignment.question
    run = _Run(question, meeting, pieces, phase, chain)
    this = read_address(question.this)
    state, dictionaries = run.before(assignment.state)
    context = run.context(dictionaries)
    try:
        if question.refusal:
            raise CallRefused(question.refusal)
        module = load(Source(question.name, question.source), StandardLibrary(question.imports))
        check(module)
        given = run.given(module)
        phase("checking what was contributed", 0, 0)
        try:
            want_in_range(_contributed(given), run.host, question.sender)
        finally:
            # Whether a contribution keeps to its ranges tells nothing of what others have contributed.
            run.host.opened = False
        run.host.opening = opening
        if not assignment.state:
            state = call.beginning(module, context=context, host=run.host)
        state.public = decode(question.public).state.public
        phase("evaluating the contract", 0, 0)
        run.judging = Judging(module, state, context, run.host)
        outcome = call.run(
            module, question.function, given,
            state=state, context=context, host=run.host, family=assignment.family,
        )  # fmt: skip
        told = _told(module, question, state, outcome)
        answer = _answer(outcome, run.host)
        after = _kept(this, outcome.state, outcome.dictionaries)
        encode(after)  # what cannot be kept is the contract's refusal, and not this attempt's failure
    except (CallRefused, InputError, ProgramError) as error:
        run.host.agreeing()  # a refusal too may follow from what the chain says
        return _refused(str(error), _kept(this, state, dictionaries), run)
    run.host.agreeing()
    return _finding(answer, told, after, run, random_bytes)


class _Run:
    """The question as the evaluator takes it."""

    def __init__(self, question: Question, meeting: Meeting, pieces: Pieces, phase: Phase, chain: AskChain) -> None:
        self.question, self.meeting = question, meeting
        self.facts = Facts(question.block, chain)
        self.judging: Judging | None = None
        """Judges the contract's own predicates, once the call begins."""
        contributed = sum(len(each.columns) for each in question.given.values())
        self.host = SeatHost(meeting, question.job, contributed, question.budget, pieces, phase, self._ask)
        self.host.agreeing = partial(self.facts.agree, meeting)

    def before(self, octets: bytes) -> tuple[State, Dictionaries]:
        """What the seats remember, of which `L` and identities are no part: these are the chain's."""
        ledger, identities = ChainLedger(self.facts), ChainIdentities(self.facts, read_address(self.question.sender))
        if not octets:
            return State(), Dictionaries(ledger, MemoryDocuments(), MemorySecrets(identities), identities)
        kept = decode(octets)
        return kept.state, replace(kept.dictionaries(identities), ledger=ledger)

    def _ask(self, contract: Address, function: str, asker: Address) -> bool:
        assert self.judging is not None
        return self.judging.ask(contract, function, asker)

    def context(self, dictionaries: Dictionaries) -> Context:
        """The facts of the request's transaction."""
        q = self.question
        sender = read_address(q.sender)
        return Context(sender, read_address(q.deployer), read_address(q.this), q.now, dictionaries, (sender,))

    def given(self, module: Module) -> dict[str, Any]:
        """All arguments, the private ones as references to what was contributed."""
        function = call.entry(module, self.question.function)
        given: dict[str, Any] = decode_arguments(module, self.question.function, self.question.arguments)
        types = {parameter.name: parameter.type for parameter in function.parameters}
        for name, each in self.question.given.items():
            type_ = types.get(name)
            if isinstance(type_, DocumentType):
                given[name] = held_document(each.columns)
                continue
            if not isinstance(type_, PrivateType):
                raise WireError(f"{function.name} takes no contribution {name}")
            if isinstance(type_.of, TableType):
                given[name] = held_rows(type_.of, {c: i for c, (i, _) in each.columns.items()}, each.rows or 0)
            else:
                given[name] = held_of(type_.of, *each.columns[""])
        return given


def _contributed(given: Mapping[str, Any]) -> dict[str, Held | HeldRows]:
    """What came in pieces: private arguments, and the content keys of documents."""
    found = {name: value.content.key if isinstance(value, Enclosed) else value for name, value in given.items()}
    return {name: value for name, value in found.items() if isinstance(value, (Held, HeldRows))}


def _told(module: Module, question: Question, before: State, outcome: Outcome) -> bytes:
    """What the public half is told of the fields that it keeps."""
    assert module.contract is not None
    written = public_half(module).functions[question.function].written
    if not written:
        return b""
    values = left_behind(module.contract, written, before, outcome.state)
    return encode_values([kind for each in written for kind in each.types], values)


def _answer(outcome: Outcome, host: SeatHost) -> Tree:
    events = [[name, write_result(values, {})] for name, values in outcome.events]
    shapes = {number: sealed.node.shape for number, sealed in enumerate(host.sealed)}
    return {"result": write_result(outcome.result, shapes), "events": events}


def _finding(answer: Tree, told: bytes, after: Kept, run: _Run, random_bytes: Callable[[int], bytes]) -> Finding:
    host, question, meeting = run.host, run.question, run.meeting
    own = [Share(tuple(map(str, each.to)), each.share, random_bytes(SALT_BYTES)) for each in host.sealed]
    mine: list[bytes] = [
        share_commitment(share_context(question.request, number, meeting.seat), each.share, each.salt)
        for number, each in enumerate(own)
    ]
    limit = 64 + 48 * len(mine)
    heard: Mapping[int, Any] = meeting.hear("commitments to sealed outputs", mine, limit=limit) if own else {}
    by_seat = [_commitments(heard.get(seat, mine), len(own)) for seat in range(meeting.family.seats)]
    commitments = tuple(zip(*by_seat, strict=True))
    octets = codec.encode(answer)
    says = bool(own) or host.opened
    return Finding(
        settles=True,
        refusal="",
        programs=chained(host.programs),
        state_after=state_hash(after),
        changes=run.question.changes,
        outcome=told,
        result=result_commitment(octets, commitments) if says else NOTHING,
        rounds=host.rounds,
        operations=host.operations,
        answer=octets,
        commitments=commitments,
        state=encode(after),
        kept={index: meeting.sharing.output(value) for index, value in host.kept.items()},
        shares=own,
    )


def _refused(reason: str, after: Kept, run: _Run) -> Finding:
    """A refusal. What was opened before it is known for good: then the job counts, and the contract remembers it."""
    host = run.host
    answer = codec.encode({"refused": reason})
    return Finding(
        settles=host.opened,
        refusal=reason,
        programs=chained(host.programs),
        state_after=state_hash(after),
        changes=run.question.changes,
        outcome=b"",
        result=result_commitment(answer, []) if host.opened else NOTHING,
        rounds=host.rounds,
        operations=host.operations,
        answer=answer,
        commitments=(),
        state=encode(after),
        kept={i: run.meeting.sharing.output(v) for i, v in host.kept.items() if i in after.stored()},
        shares=(),
    )


def _kept(this: Address, state: State, dictionaries: Dictionaries) -> Kept:
    """What the seats remember; the public fields are the chain's to remember."""
    part = state.copy()
    part.public = {}
    return remembered(this, part, replace(dictionaries, ledger=MemoryLedger()))


def _commitments(heard: Any, count: int) -> list[bytes]:
    if not isinstance(heard, list) or len(heard) != count or any(len(bytes(each)) != 32 for each in heard):
        raise ProtocolError(f"a seat committed to other outputs than the {count} of this job")
    return [bytes(each) for each in heard]
