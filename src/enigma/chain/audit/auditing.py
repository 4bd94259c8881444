"""One job, audited: everything about it that the chain proves, everything that does not fit, and what stays open."""

from __future__ import annotations

from pathlib import Path

from enigma.chain.audit.asking import check_request
from enigma.chain.audit.committee import check_committee
from enigma.chain.audit.consenting import check_consent
from enigma.chain.audit.constants import Constants, constants_of
from enigma.chain.audit.ending import check_expiry, check_refusal
from enigma.chain.audit.findings import Audit, Section
from enigma.chain.audit.penalties import check_penalties
from enigma.chain.audit.publication import check_publication
from enigma.chain.audit.record import LOOKED_AT, MOST, Record, Said
from enigma.chain.audit.seats import Terms, job_of, jobs_of, terms_of
from enigma.chain.audit.settling import check_money, check_receipt
from enigma.chain.connection import Connection
from enigma.chain.deployment import Controllers
from enigma.chain.jobs import Job, Request, Standing
from enigma.chain.results import NOTHING, Opening
from enigma.errors import ArgumentProblem, LyingNode

ENDINGS = ("Settled", "Refused", "Expired")
WORDS = {
    Standing.OPEN: "open",
    Standing.SETTLED: "settled",
    Standing.PARTLY: "settled, some seats still to sign",
    Standing.REFUSED: "refused",
    Standing.EXPIRED: "expired",
}


def audit(
    connection: Connection,
    controllers: Controllers,
    number: int,
    *,
    source: Path | None = None,
    opening: Path | None = None,
    most: int = MOST,
    record: Record | None = None,
) -> Audit:
    """Audit a job from the chain alone, as of the newest block.

    `source` is the contract's file, `opening` a result with its salts (`Opening.load`). At most `most` headers are
    read; where there are more, that no event was left out stays open. `record`: a reading that there is already.
    Raises ArgumentProblem for a job that there is not, FileProblem, LyingNode where the node contradicts itself, and
    other ChainProblems.
    """
    record = Record(connection, controllers, most=most) if record is None else record
    job = job_of(record, number)
    asked = [said for said in record.of("Jobs", "Requested") if int(said["job"]) == number]
    if job is None and not asked:
        count = jobs_of(record).count(at=record.head.number)
        raise ArgumentProblem(f"there is no job {number}", hint=f"jobs are numbered from 1 to {count}")
    if len(asked) != 1:
        raise LyingNode(
            f"{connection.url}: Jobs keeps job {number}, and its events tell of {len(asked)} of this number"
        )
    contract = bytes(asked[0]["contract"])
    terms = terms_of(record, contract)
    if terms is None:
        raise LyingNode(f"{connection.url}: job {number} is of a contract that no event published")

    chain = Section("The chain")
    constants = constants_of(record, chain)
    _reading(record, chain)
    published, committee, question = Section("The contract"), Section("The committee"), Section("The question")
    check_publication(record, terms, source, published)
    check_committee(record, constants, terms, committee)
    request = check_request(record, constants, terms, asked[0], job, question)
    ends = [said for said in record.of("Jobs", *ENDINGS) if int(said["job"]) == number]
    ended = _end(record, constants, terms, request, job, ends)
    penalties, consent = Section("Penalties"), Section("Consent of the owners")
    check_penalties(record, constants, terms, request, penalties)
    settled = ends[0] if ends and ends[0].name == "Settled" else None
    check_consent(record, request, settled, consent)
    result = Section("The result")
    _result(request, settled, opening, result)
    beyond = Section("What no chain can prove")
    _beyond(settled, beyond)
    return Audit(
        number,
        "0x" + contract.hex(),
        request.asker,
        "0x" + request.function.hex(),
        "unknown" if job is None else WORDS[job.standing],
        controllers.chain_id,
        record.head.number,
        record.head.hash,
        (chain, published, committee, question, *ended, penalties, consent, result, beyond),
    )


def _reading(record: Record, section: Section) -> None:
    count = record.head.number - record.first + 1
    if record.complete:
        section.proven(
            f"Blocks {record.first:,} to {record.head.number:,} link up, each hashes to what it says, and their "
            f"receipts hold {len(record.said):,} events of {', '.join(LOOKED_AT)}: none is left out or altered.",
            head=record.head.hash,
        )
    else:
        section.proven(
            f"Each of the {len(record.said):,} events that the node gave is in a block that hashes to what it says.",
            head=record.head.hash,
        )
        section.unprovable(
            f"Whether the node left an event out: there are {count:,} blocks, too many to look into each.",
        )
    section.unprovable(
        f"Whether this is the chain that others see: ask another node for the hash of block {record.head.number:,}.",
        hash=record.head.hash,
    )


def _end(
    record: Record, constants: Constants, terms: Terms, request: Request, job: Job | None, ends: list[Said]
) -> list[Section]:
    section = Section("The receipt")
    standing = Standing.NONE if job is None else job.standing
    expected = _standing(record, request.job, ends)
    section.check(
        standing == expected,
        f"Jobs says that the job is {WORDS[expected]}; its events say the same.",
        f"Jobs says that the job is {WORDS.get(standing, 'none')}; its events say {WORDS[expected]}.",
        ends[0] if ends else None,
    )
    if len(ends) > 1:
        section.wrong(f"The job ended {len(ends)} times.", ends[1])
    if not ends:
        section.title = "The end"
        section.unprovable("What becomes of it: the job is open.", deadline=request.deadline)
        return [section]
    match ends[0].name:
        case "Settled":
            money = Section("Costs")
            check_receipt(record, terms, request, ends[0], section)
            check_money(record, constants, terms, request, ends[0], money)
            return [section, money]
        case "Refused":
            section.title = "The refusal"
            check_refusal(record, terms, request, ends[0], section)
        case _:
            section.title = "The end"
            check_expiry(request, ends[0], section)
    return [section]


def _standing(record: Record, number: int, ends: list[Said]) -> Standing:
    """What the events make of a job."""
    if not ends:
        return Standing.OPEN
    if ends[0].name != "Settled":
        return Standing.REFUSED if ends[0].name == "Refused" else Standing.EXPIRED
    closed = any(int(said["job"]) == number for said in record.of("Jobs", "Closed"))
    [asked] = [said for said in record.of("Jobs", "Requested") if int(said["job"]) == number]
    terms = terms_of(record, bytes(asked["contract"]))
    signed = int(ends[0]["seats"]).bit_count()
    return Standing.SETTLED if closed or terms is None or signed == terms.size else Standing.PARTLY


def _result(request: Request, settled: Said | None, opening: Path | None, section: Section) -> None:
    if settled is None:
        section.proven("The job has no result.")
        return
    result = bytes(settled["result"])
    if opening is not None:
        given = Opening.load(opening, request.request)
        shares = sum(len(seats) for seats in given.sealed)
        section.check(
            given.opens(result),
            f"The opening is that of the result: {len(given.public):,} public bytes, and {len(given.opened)} of "
            f"{shares} shares of sealed outputs.",
            "The opening is not that of the result that the seats signed.",
            settled,
            result=result,
        )
        if given.opens(result) and len(given.opened) < shares:
            section.unprovable(f"What the {shares - len(given.opened)} shares are that were not opened.", settled)
        return
    if result == NOTHING:
        section.proven("The seats signed that nothing was revealed.", settled)
    else:
        section.unprovable(
            "What the result was: only a commitment to it was published. Give its opening with --opening.",
            settled,
            result=result,
        )


def _beyond(settled: Said | None, section: Section) -> None:
    section.unprovable("That what people contributed is true.")
    section.unprovable("That the seats did not pool what they hold, and forgot what they should forget.")
    if settled is not None:
        section.unprovable(
            "That the computation was the contract's, if as many seats as a quorum lied together: they signed it."
        )
        section.unprovable("That the public half and the programs that ran are those that the source compiles to.")
