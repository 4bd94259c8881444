"""The receipt of a settled job: who signed it, from which state to which, what it says of the result, what it cost."""

from __future__ import annotations

from dataclasses import asdict

from enigma.chain.audit.accounts import Accounts, Part
from enigma.chain.audit.calls import arguments_of, check_quorum, signer_of
from enigma.chain.audit.constants import Constants
from enigma.chain.audit.findings import Section, counted, ether
from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.seats import Terms, jobs_of, seats_at
from enigma.chain.jobs import Request
from enigma.chain.receipts import RECEIPT, Receipt, outcome_hash

NOTHING = bytes(32)


def receipt_of(record: Record, settled: Said) -> Receipt | None:
    """The receipt that a transaction brought, None where another contract handed it on."""
    called = arguments_of(record, settled, "settle")
    return None if called is None else Receipt(*called["receipt"])


def check_receipt(record: Record, terms: Terms, request: Request, settled: Said, section: Section) -> None:
    """The receipt and its signatures, over the typed data that the seats signed."""
    section.check(
        settled.time <= request.deadline,
        "It was settled before its deadline.",
        "It was settled after its deadline.",
        settled,
        time=settled.time,
    )
    called, receipt = arguments_of(record, settled, "settle"), receipt_of(record, settled)
    if called is None or receipt is None:
        section.unprovable("What was signed and by whom: another contract handed the receipt in.", settled)
        _states(record, terms, settled, None, section)
        return
    section.check(
        receipt.hashed() == bytes(settled["receipt"]) and receipt.result == bytes(settled["result"]),
        "The receipt in the transaction is the one that was settled.",
        "The receipt in the transaction is not the one that was settled.",
        settled,
        receipt=bytes(settled["receipt"]),
    )
    answers = (receipt.contract, receipt.job, receipt.request, receipt.function, receipt.arguments, receipt.inputs)
    asked = (request.contract, request.job, request.request, request.function, request.arguments, request.inputs)
    section.check(
        answers == asked,
        "The receipt answers this request: contract, function, arguments and commitments are the same.",
        "The receipt answers another request.",
        settled,
        programs=receipt.programs,
    )
    seats = seats_at(record, terms.contract, settled.place)
    check_quorum(
        section,
        "The receipt",
        settled,
        jobs_of(record).domain(),
        RECEIPT,
        asdict(receipt),
        seats,
        terms.quorum,
        int(called["seats"]),
        called["signed"],
    )
    section.check(
        int(called["seats"]) == int(settled["seats"]),
        "Jobs counted the seats that signed.",
        "Jobs counted other seats than those that signed.",
        settled,
    )
    _states(record, terms, settled, receipt, section)
    _outcome(settled, receipt, bytes(called["outcome"]), section)


def check_money(
    record: Record, constants: Constants, terms: Terms, request: Request, settled: Said, section: Section
) -> None:
    """What the job cost, who was paid, what came back, and the signatures that came late."""
    receipt, cost = receipt_of(record, settled), int(settled["cost"])
    if receipt is None:
        section.unprovable("How many rounds and operations were paid for: the receipt is in no transaction.", settled)
    else:
        priced = receipt.rounds * terms.fees.round + receipt.operations * terms.fees.operation
        section.check(
            cost == max(priced, terms.fees.smallest) <= request.maximum,
            f"The cost is that of {receipt.rounds:,} rounds and {receipt.operations:,} operations at the contract's "
            f"prices{'' if priced >= terms.fees.smallest else ', raised to its smallest fee'}: {ether(cost)}.",
            f"The cost is {ether(cost)}, not what {receipt.rounds:,} rounds and {receipt.operations:,} operations come "
            f"to, or above the asker's maximum.",
            settled,
            cost=cost,
            computed=max(priced, terms.fees.smallest),
        )
    accounts = Accounts(record, constants.jobs, record.said)
    part = accounts.parts[request.job]
    section.proven(
        f"Each of {len(part.seats)} seats earns {ether(part.share)}; {ether(part.refund)} went back to the asker.",
        settled,
        **{part.seats[seat]: part.share for seat in part.paid},
    )
    _late(record, constants, terms, request, settled, part, section)
    jobs, head = jobs_of(record), record.head.number
    answered = {node: jobs.earned(node, at=head) for node in part.seats}
    section.check(
        all(answered[node] == accounts.earned[node] for node in part.seats),
        "What Jobs holds for each seat is what all jobs, bonds and payments since the beginning make it.",
        "What Jobs holds for a seat is not what all jobs, bonds and payments since the beginning make it.",
        None,
        **{node: f"{answered[node]} answered, {accounts.earned[node]} computed" for node in part.seats},
    )


def _states(record: Record, terms: Terms, settled: Said, receipt: Receipt | None, section: Section) -> None:
    mine = [said for said in record.of("Jobs", "Settled") if bytes(said["contract"]) == terms.contract]
    before = [said for said in mine if said.place < settled.place]
    state = bytes(before[-1]["state"]) if before else NOTHING
    whence = f"that job {before[-1]['job']} left" if before else "in which contracts begin"
    refused = any(said.name == "OutcomeRefused" and said["job"] == settled["job"] for said in record.within(settled))
    if receipt is not None:
        section.check(
            receipt.state_before == state,
            f"The job began in the state {whence}.",
            f"The job did not begin in the state {whence}.",
            settled,
            state_before=receipt.state_before,
        )
        section.check(
            bytes(settled["state"]) == (state if refused else receipt.state_after),
            "The public half did not take the outcome, and the contract stayed in its state."
            if refused
            else "The contract moved to the state that the receipt says.",
            "The contract moved to another state than the receipt says.",
            settled,
            state=bytes(settled["state"]),
        )
    answered = jobs_of(record).state(terms.contract, at=record.head.number)
    section.check(
        answered == bytes(mine[-1]["state"]),
        f"Jobs keeps the state that the contract's last settled job, {mine[-1]['job']}, left.",
        f"Jobs keeps another state than the contract's last settled job, {mine[-1]['job']}, left.",
        mine[-1],
        state=answered,
    )


def _outcome(settled: Said, receipt: Receipt, outcome: bytes, section: Section) -> None:
    if not outcome and receipt.outcome == NOTHING:
        section.proven("The public half was told nothing of this job, as signed.", settled)
        return
    section.check(
        outcome_hash(outcome) == receipt.outcome,
        f"The {len(outcome):,} bytes that the public half was told are those that the seats signed.",
        "The public half was told something else than the seats signed.",
        settled,
        outcome=receipt.outcome,
    )


def _late(
    record: Record, constants: Constants, terms: Terms, request: Request, settled: Said, part: Part, section: Section
) -> None:
    """Signatures after the settlement, and what went back for those that never came."""
    signed = set(part.paid)
    for late in record.of("Jobs", "SignedLate"):
        if int(late["job"]) != request.job:
            continue
        called, seat = arguments_of(record, late, "sign_late"), int(late["seat"])
        receipt = receipt_of(record, settled)
        if called is None or receipt is None:
            section.unprovable(f"Whether seat {seat} signed late: another contract handed it in.", late)
            signed.add(seat)
            continue
        seats = seats_at(record, terms.contract, late.place)
        signer = signer_of(jobs_of(record).domain(), RECEIPT, asdict(receipt), bytes(called["signature"]))
        section.check(
            seat < len(seats)
            and signer == seats[seat]
            and seat not in signed
            and settled.time <= late.time <= settled.time + constants.jobs.patience,
            f"Seat {seat} signed the same receipt late, in time, and earned its part.",
            f"Seat {seat} was paid for a late signature that is not its own, out of time, or its second.",
            late,
            signer=signer or "nobody",
        )
        signed.add(seat)
    missing = [seat for seat in range(len(part.seats)) if seat not in signed]
    closed = [said for said in record.of("Jobs", "Closed") if int(said["job"]) == request.job]
    if closed:
        section.check(
            len(closed) == 1
            and int(closed[0]["refund"]) == part.share * len(missing)
            and (not missing or closed[0].time > settled.time + constants.jobs.patience),
            f"{counted(len(missing), 'seat')} never signed: {ether(int(closed[0]['refund']))} more went back.",
            "What went back for seats that never signed is not their part, or it went back too early.",
            closed[0],
            missing=tuple(missing),
        )
    elif len(part.paid) < len(part.seats):
        section.proven(
            f"{counted(len(missing), 'seat')} may still sign; their part is kept until the job is closed."
            if missing
            else "All seats have signed.",
            settled,
            missing=tuple(missing),
        )
