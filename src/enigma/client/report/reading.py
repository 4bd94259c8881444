"""The page's contents, read from the chain and from the contract's published source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from enigma.chain.audit import Audit, Section, Verdict, audit
from enigma.chain.audit.constants import constants_of
from enigma.chain.audit.record import MOST, Record, Said
from enigma.chain.audit.register import Register
from enigma.chain.audit.seats import Terms, request_in, seats_at, terms_of
from enigma.chain.audit.settling import receipt_of
from enigma.chain.connection import Connection
from enigma.chain.consent import EMPTY, EVERYBODY, Consent
from enigma.chain.deployment import Controllers
from enigma.chain.identities import EVERY_FUNCTION
from enigma.chain.jobs import Request
from enigma.chain.receipts import seats_in
from enigma.client.report.committed import CommittedHeader, rows_of
from enigma.client.report.job_report import Agreed, Contribution, Deletion, JobReport, Moment, Seat, Source, Withdrawn
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import Library
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source as Text
from enigma.contract.report import declared
from enigma.contract.typing import check, sentences
from enigma.contract.vyper import public_half
from enigma.errors import ArgumentProblem, FileProblem, LyingNode

LIMIT = 1 << 20
"""Bytes of a source."""
ENDINGS = ("Settled", "Refused", "Expired")


def job_report(
    connection: Connection,
    controllers: Controllers,
    number: int,
    *,
    source: Path | None = None,
    library: Library | None = None,
    headers: Mapping[bytes, CommittedHeader] | None = None,
    deletions: Sequence[Deletion] = (),
    most: int = MOST,
) -> JobReport:
    """The report on a job, as of the newest block; everything in it is audited first (`enigma.chain.audit`).

    `source`: the contract's file, without which purpose and disclosures stay unknown; `headers` by commitment, for the
    numbers of rows. Raises ArgumentProblem for a job that there is not, or a file that is not the published source;
    FileProblem, ChainProblem, and ProtocolError for a header that is not the one committed to.
    """
    record = Record(connection, controllers, most=most)
    found = audit(connection, controllers, number, source=source, record=record)
    [asked] = [said for said in record.of("Jobs", "Requested") if int(said["job"]) == number]
    request = request_in(asked)
    terms = terms_of(record, request.contract)
    if terms is None:
        raise LyingNode(f"{connection.url}: job {number} is of a contract that no event published")
    end = next((said for said in record.of("Jobs", *ENDINGS) if int(said["job"]) == number), None)
    settled = end if end is not None and end.name == "Settled" else None
    module = None if source is None else _module(source, terms, library)
    names = _names(module)
    receipt = None if settled is None else receipt_of(record, settled)
    return JobReport(
        job=number,
        contract=found.contract,
        asker=request.asker,
        function=names.get(request.function, found.function),
        state=found.ended,
        asked=_moment(asked),
        ended=None if end is None else _moment(end),
        publisher=terms.publisher,
        published=_moment(terms.said),
        source_sha256=terms.source.hex(),
        source=None if module is None or source is None else _source(module, source, names.get(request.function, "")),
        contributions=tuple(_contributions(record, request, end, names, headers or {})),
        agreements=tuple(_agreements(record, request, names)),
        empty=settled is None or bytes(settled["result"]) == EMPTY,
        result="" if settled is None else bytes(settled["result"]).hex(),
        receipt="" if settled is None else bytes(settled["receipt"]).hex(),
        request=request.request.hex(),
        arguments=request.arguments.hex(),
        cost_wei=0 if settled is None else int(settled["cost"]),
        rounds=None if receipt is None else receipt.rounds,
        operations=None if receipt is None else receipt.operations,
        seats=tuple(_seats(record, request, asked if end is None else end, settled)),
        quorum=terms.quorum,
        withdrawals=tuple(_withdrawals(record, request, asked)),
        deletions=tuple(deletions),
        proven=found.count(Verdict.PROVEN),
        wrong=tuple(each.sentence for each in found if each.verdict is Verdict.WRONG),
        open_questions=_open(found),
        chain_id=found.chain_id,
        block=found.block,
        block_hash=found.block_hash,
        block_time=record.head.timestamp,
    )


# ---------------------------------------------------------------- the source


def _module(path: Path, terms: Terms, library: Library | None) -> Module:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        text = content.decode()
    except OSError as error:
        raise FileProblem(str(path), str(error.strerror)) from None
    except UnicodeDecodeError:
        raise FileProblem(str(path), "this is not UTF-8 text") from None
    if hashlib.sha256(content).digest() != terms.source:
        raise ArgumentProblem(
            f"{path.name} is not the source that was published for this job's contract",
            hint=f"the SHA-256 of that one is {terms.source.hex()}",
        )
    module = load(Text(path.name, text), library)
    check(module)
    return module


def _names(module: Module | None) -> dict[bytes, str]:
    """The functions of a contract by selector."""
    from eth_utils.crypto import keccak

    if module is None:
        return {}
    return {keccak(each.signature.encode())[:4]: name for name, each in public_half(module).functions.items()}


def _source(module: Module, path: Path, function: str) -> Source:
    contract = module.contract
    if contract is None:
        raise ArgumentProblem(f"{path.name} declares no contract")
    entry = contract.functions.get(function)
    return Source(
        file=path.name,
        contract=contract.name,
        purpose="\n\n".join(each for each in (module.doc, contract.doc) if each),
        about="" if entry is None else entry.doc,
        arguments=() if entry is None else tuple(f"{p.name}: {p.type}" for p in entry.parameters),
        reveals=sentences(module).get(function, ()),
        rules=declared.disclosure_rules(contract),
        holds=tuple(f"{each.name}: {each.range}" for each in declared.fields(contract)),
    )


# ---------------------------------------------------------------- the chain


def _moment(said: Said) -> Moment:
    return Moment(said.event.block, said.time, said.event.transaction)


def _contributions(
    record: Record,
    request: Request,
    end: Said | None,
    names: Mapping[bytes, str],
    headers: Mapping[bytes, CommittedHeader],
) -> list[Contribution]:
    """What owners had brought to the contract by the job's end, and what the job itself brought."""
    last = len(record.said) if end is None else end.place
    settled = {int(said["job"]): said for said in record.of("Jobs", "Settled")}
    found = []
    for said in record.of("Jobs", "Requested"):
        each = request_in(said)
        came = settled.get(each.job)
        if each.contract != request.contract or not each.commitments or came is None or came.place > last:
            continue
        gone = [w for w in _withdrawn(record, each.contract, each.asker) if w.place > came.place]
        chain = record.controllers.chain_id
        found.append(
            Contribution(
                owner=each.asker,
                job=each.job,
                function=names.get(each.function, "0x" + each.function.hex()),
                when=_moment(came),
                commitments=tuple(each.hex() for each in each.commitments),
                rows=rows_of(headers, each.commitments, chain, each.contract, each.asker, each.function),
                withdrawn=_moment(gone[0]) if gone else None,
            )
        )
    return found


def _agreements(record: Record, request: Request, names: Mapping[bytes, str]) -> list[Agreed]:
    consent = Consent()
    for said in record.said:
        consent.take(said.event, said.controller)
    found = []
    for owner in consent.owners_of(request.job):
        grant = consent.grant_for(owner, request.job)
        if grant is None:
            found.append(Agreed(owner, "", "", 0, 0, None, in_force=False))
            continue
        given = [
            said
            for said in record.of("Identities", "Granted")
            if (str(said["owner"]), bytes(said["contract_id"])) == (owner, request.contract)
            and (bytes(said["function_id"]), str(said["who"])) == (grant.function, grant.who)
            and said.time <= request_time(record, request)
        ]
        function = "" if grant.function == EVERY_FUNCTION else names.get(grant.function, "0x" + grant.function.hex())
        who = "" if grant.who == EVERYBODY else grant.who
        when = _moment(given[-1]) if given else None
        found.append(Agreed(owner, function, who, grant.until, grant.uses, when, in_force=True))
    return found


def request_time(record: Record, request: Request) -> int:
    """The time of the block in which a question was asked."""
    return next(said.time for said in record.of("Jobs", "Requested") if int(said["job"]) == request.job)


def _seats(record: Record, request: Request, until: Said, settled: Said | None) -> list[Seat]:
    constants = constants_of(record, Section("The chain"))
    register = Register(constants.nodes, record.said[: until.place])
    at_once = set() if settled is None else set(seats_in(int(settled["seats"])))
    late = {int(said["seat"]) for said in record.of("Jobs", "SignedLate") if int(said["job"]) == request.job}
    return [
        Seat(seat, node, register.operator_of(node), signed=seat in at_once | late, late=seat in late - at_once)
        for seat, node in enumerate(seats_at(record, request.contract, until.place))
    ]


def _withdrawn(record: Record, contract: bytes, owner: str | None = None) -> list[Said]:
    return [
        said
        for said in record.of("Identities", "Withdrawn")
        if bytes(said["contract_id"]) == contract and owner in (None, str(said["owner"]))
    ]


def _withdrawals(record: Record, request: Request, asked: Said) -> list[Withdrawn]:
    return [
        Withdrawn(str(said["owner"]), _moment(said), before=said.place < asked.place)
        for said in _withdrawn(record, request.contract)
    ]


def _open(found: Audit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.sentence for each in found if each.verdict is Verdict.UNPROVABLE))
