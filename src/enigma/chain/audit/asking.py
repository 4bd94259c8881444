"""The question: its hash from its parts, the asker's allowance, and what was reserved for it."""

from __future__ import annotations

from enigma.chain.audit.accounts import Accounts
from enigma.chain.audit.constants import Constants
from enigma.chain.audit.findings import Section, counted, ether
from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.seats import Terms, bound_hash, jobs_of, request_in
from enigma.chain.jobs import Job, Request


def check_request(
    record: Record, constants: Constants, terms: Terms, asked: Said, job: Job | None, section: Section
) -> Request:
    """The request of a job; `job` is what Jobs answers about it today."""
    request = request_in(asked)
    section.check(
        bound_hash(request) == request.request,
        f"The request's hash binds its {counted(len(request.commitments), 'commitment')} and all its other parts.",
        "The request's hash is not that of its parts.",
        asked,
        request=request.request,
        function=request.function,
        arguments=request.arguments,
        inputs=request.inputs,
    )
    section.check(
        job is not None
        and (job.contract, job.request, job.asker, job.maximum, job.deadline)
        == (request.contract, request.request, request.asker, request.maximum, request.deadline),
        "Jobs keeps the same request, asker, maximum and deadline.",
        "Jobs keeps another request, asker, maximum or deadline than its event tells.",
        asked,
        asker=request.asker,
    )
    section.check(
        request.deadline == asked.time + terms.fees.term,
        f"The deadline is {terms.fees.term:,} seconds after the request, as the contract's terms say.",
        "The deadline is not the one that the contract's terms give.",
        asked,
        deadline=request.deadline,
    )
    _allowed(record, terms, asked, request, section)
    before = Accounts(record, constants.jobs, record.said[: asked.place])
    balance, needed = before.balances[request.asker], max(request.maximum, constants.jobs.minimum)
    if balance < needed <= balance + before.bonds:
        section.unprovable("Whether the account covered the maximum: it depends on a bond that came back.", asked)
    else:
        section.check(
            balance >= needed,
            f"The asker's account held {ether(balance)}; the maximum of {ether(request.maximum)} was set aside.",
            f"The asker's account held {ether(balance)}, less than the {ether(needed)} that it takes to ask.",
            asked,
        )
    now = Accounts(record, constants.jobs, record.said)
    held, answered = now.balances[request.asker], jobs_of(record).balance(request.asker, at=record.head.number)
    section.check(
        held <= answered <= held + now.bonds,
        "The asker's account is what all payments, reserves and refunds since the beginning make it.",
        "The asker's account is not what all payments, reserves and refunds since the beginning make it.",
        computed=held,
        answered=answered,
    )
    return request


def _allowed(record: Record, terms: Terms, asked: Said, request: Request, section: Section) -> None:
    mine = [
        said
        for said in record.of("Jobs", "Allowed")
        if said.place < asked.place and said["account"] == request.asker and bytes(said["contract"]) == request.contract
    ]
    if not mine:
        section.wrong("The asker never allowed this contract to ask in its name.", asked, asker=request.asker)
        return
    allowed = mine[-1]
    used = sum(
        allowed.place < said.place < asked.place
        and said["asker"] == request.asker
        and bytes(said["contract"]) == request.contract
        for said in record.of("Jobs", "Requested")
    )
    section.check(
        request.maximum == int(allowed["maximum"]) >= terms.fees.smallest and used < int(allowed["jobs"]),
        f"The asker had allowed this contract {ether(request.maximum)} a job, and had asked {counted(used, 'other')}.",
        "The request goes beyond what the asker allowed this contract.",
        allowed,
        maximum=allowed["maximum"],
        jobs=allowed["jobs"],
    )
