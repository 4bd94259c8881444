"""What a job brought, as anybody may know it: headers from the seats, each checked against the chain's commitment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from enigma.chain.events import EventReader
from enigma.chain.jobs import Request
from enigma.errors import ArgumentProblem, EnigmaError, NetworkError, ProtocolError, WireError
from enigma.sharing.commitments import COMMITMENT_BYTES, Subject
from enigma.sharing.header import Context, Header
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.client.network import Network

LIMIT = 1 << 21


def brought(network: Network, request: Request, seats: Sequence[str]) -> dict[str, Header]:
    """The headers of all private arguments of a job, by parameter: of the first seat that has all of them.

    A header is bound by the commitment of the request, together with the parameter: a seat cannot give another. Raises
    NetworkError where none gives them, with what each of them says.
    """
    if not request.commitments:
        return {}
    problems = []
    for node in seats:
        try:
            return _checked(network, request, network.seat(node).contributions(request.job))
        except EnigmaError as error:
            problems.append(f"{node}: {error.message}")
    raise NetworkError(
        f"no seat says what job {request.job} brought: {'; '.join(problems)}", hint="ask again when its nodes run"
    )


def brought_by(network: Network, number: int) -> dict[str, Header]:
    """The same by a job's number, as its contract's committee tells it now. Raises ArgumentProblem for no such job."""
    jobs = network.jobs
    found = jobs.job(number)
    if found is None:
        raise ArgumentProblem(f"nobody has asked a job {number} on this network", hint="enigma jobs lists them")
    first = network.controllers.first_block
    reader = EventReader(network.connection, jobs.address, jobs.abi, start=first, names=["Requested"])
    event = next(each for each in reader.read() if each.values["job"] == number)
    published = network.committees.published(found.contract)
    return brought(network, jobs.request_of(event), () if published is None else published.seats)


def _checked(network: Network, request: Request, told: Any) -> dict[str, Header]:
    if not isinstance(told, dict) or len(told) != len(request.commitments):
        raise ProtocolError(f"of {len(request.commitments)} contributions it does not tell as many")
    found: dict[str, Header] = {}
    left = set(request.commitments)
    for parameter, octets in told.items():
        if not isinstance(octets, bytes):
            raise WireError("what is told of a contribution is a byte string")
        match codec.decode(octets, limit=LIMIT):
            case [header, list(rows)] if all(isinstance(row, list) and all(map(_is_one, row)) for row in rows):
                context = Context(
                    network.connection.chain_id, request.contract, request.asker, request.function, parameter
                )
                subject = Subject.of(context, Header.read(header))
                commitment = subject.commit([[bytes(each) for each in row] for row in rows])
            case _:
                raise WireError("what is told of a contribution is its header, and commitments to its pieces")
        if commitment not in left:
            raise ProtocolError(f"what it says of {parameter} is not what the chain's commitment binds")
        left.discard(commitment)
        found[parameter] = subject.header
    return found


def _is_one(each: Any) -> bool:
    return isinstance(each, bytes) and len(each) == COMMITMENT_BYTES
