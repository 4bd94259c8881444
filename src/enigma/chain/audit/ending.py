"""Jobs that came to nothing: refused by a quorum, or expired."""

from __future__ import annotations

from enigma.chain.audit.calls import arguments_of, check_quorum
from enigma.chain.audit.findings import Section, ether
from enigma.chain.audit.record import Record, Said
from enigma.chain.audit.seats import Terms, jobs_of, seats_at
from enigma.chain.jobs import Request
from enigma.chain.receipts import REFUSAL


def check_refusal(record: Record, terms: Terms, request: Request, refused: Said, section: Section) -> None:
    """A quorum's word that the job cannot be run."""
    reason = bytes(refused["reason"])
    called = arguments_of(record, refused, "refuse")
    if called is None:
        section.unprovable("Who refused: another contract handed the refusal in.", refused)
    else:
        message = {"contract": terms.contract, "job": request.job, "request": request.request, "reason": reason}
        check_quorum(
            section,
            "The refusal",
            refused,
            jobs_of(record).domain(),
            REFUSAL,
            message,
            seats_at(record, terms.contract, refused.place),
            terms.quorum,
            int(called["seats"]),
            called["signed"],
        )
    section.proven(f"All of {ether(request.maximum)} went back to the asker.", refused, reason=reason)
    section.unprovable("Whether the reason that the seats gave is true.", refused, reason=reason)


def check_expiry(request: Request, expired: Said, section: Section) -> None:
    """The end of a job whose deadline passed."""
    section.check(
        expired.time > request.deadline,
        f"It expired after its deadline; all of {ether(request.maximum)} went back to the asker.",
        "It was ended as expired before its deadline.",
        expired,
        deadline=request.deadline,
        time=expired.time,
    )
    section.unprovable("Which of the seats were silent.", expired)
