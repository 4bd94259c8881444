"""Who holds a contract at each moment, from the events of Committees, and the jobs' part in it."""

from __future__ import annotations

from dataclasses import dataclass

from enigma.chain.audit.record import Record, Said
from enigma.chain.committees import Fees
from enigma.chain.jobs import Job, Jobs, Request
from enigma.chain.receipts import request_hash
from enigma.errors import LyingNode


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract was published with: seats, quorum, fees; and the event that says so."""

    contract: bytes
    publisher: str
    source: bytes
    public_half: str
    size: int
    quorum: int
    fees: Fees
    said: Said


def terms_of(record: Record, contract: bytes) -> Terms | None:
    """A contract's publication, None where there was none."""
    for said in record.of("Committees", "Published"):
        if bytes(said["contract"]) == contract:
            return Terms(
                contract,
                str(said["publisher"]),
                bytes(said["source"]),
                str(said["public_half"]),
                int(said["seats"]),
                int(said["quorum"]),
                Fees(*said["terms"]),
                said,
            )
    return None


def seats_at(record: Record, contract: bytes, place: int) -> tuple[str, ...]:
    """The nodes of a contract's committee before this place in the order of events; empty before it had one."""
    seats: list[str] = []
    for said in record.of("Committees", "Seated", "Replaced"):
        if said.place >= place:
            break
        if bytes(said["contract"]) == contract:
            if said.name == "Seated":
                seats = [str(node) for node in said["nodes"]]
            elif int(said["seat"]) < len(seats):
                seats[int(said["seat"])] = str(said["node"])
    return tuple(seats)


def ever_sat(record: Record, contract: bytes, place: int) -> set[str]:
    """Every node that had a seat of the contract before this place."""
    found: set[str] = set()
    for said in record.of("Committees", "Seated", "Replaced"):
        if said.place < place and bytes(said["contract"]) == contract:
            found |= {str(node) for node in said["nodes"]} if said.name == "Seated" else {str(said["node"])}
    return found


def request_in(said: Said) -> Request:
    """A question as its event tells it; its hash is not compared yet."""
    values = {name: value for name, value in said.event.values.items() if name != "commitments"}
    return Request(**values, commitments=tuple(bytes(each) for each in said["commitments"]))


def bound_hash(request: Request) -> bytes:
    """The hash that the parts of a question give."""
    return request_hash(
        request.contract,
        request.job,
        request.function,
        request.arguments,
        request.inputs,
        request.asker,
        request.maximum,
        request.deadline,
    )


def job_of(record: Record, number: int) -> Job | None:
    """What Jobs answers about a job. Raises LyingNode."""
    try:
        return jobs_of(record).job(number, at=record.head.number)
    except ValueError:
        raise LyingNode(f"{record.connection.url}: job {number} has a status that there is not") from None


def jobs_of(record: Record) -> Jobs:
    """The client of Jobs, to compare what it answers with what its events say."""
    return record.controllers.jobs(record.connection)
