"""Whether the owners of the contract's data had agreed to the job."""

from __future__ import annotations

from enigma.chain.audit.findings import Section, counted
from enigma.chain.audit.record import Record, Said
from enigma.chain.consent import EMPTY, Consent
from enigma.chain.jobs import Request


def check_consent(record: Record, request: Request, settled: Said | None, section: Section) -> None:
    """The grants that the job needed, from all events up to the newest block."""
    consent = Consent()
    for said in record.said:
        consent.take(said.event, said.controller)
    owners, missing = consent.owners_of(request.job), consent.missing(request.job)
    if settled is None:
        section.proven("The job has revealed nothing: it needed nobody's consent so far.")
        if missing:
            section.unprovable(
                "If it were to reveal something, owners would not have agreed to it.", missing=tuple(missing)
            )
        return
    if bytes(settled["result"]) == EMPTY:
        section.proven("The result is empty: the job needed nobody's consent.", settled)
        return
    if not owners:
        section.proven("Nobody but the asker had contributed to the contract when it was settled.", settled)
        return
    section.check(
        not missing,
        f"{counted(len(owners), 'other owner')} of data, all with a grant in force for this request.",
        f"{len(missing)} of {counted(len(owners), 'other owner')} had not agreed, and the result is not empty.",
        settled,
        owners=owners,
        missing=missing,
    )
