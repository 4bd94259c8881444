"""All that a seat ever saw of a contract or a job, as its node still has it, and that it is noise: one tree of JSON.

What it never has: keys, seeds, the salts of this seat's shares, and what the seat sent, from which its masks would
follow. Bytes of what is shown leave only where the operator asks for them (`hex`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem
from enigma.node.contracts import Seated
from enigma.node.docket import Job
from enigma.node.holdings import Holdings
from enigma.node.look import clear, heard
from enigma.node.look.named import Named, made_up, of_arguments, of_state
from enigma.node.look.noise import bars, measure

if TYPE_CHECKING:
    from enigma.node.service import Node

MOST_HEX = 4096
"""Bytes of one thing that are shown."""
MOST_PIECES = 2000
"""Pieces that one look measures; of more it says how many were left out."""
NOT_SHOWN = (
    "this node's keys, and the keys that its seat shares with another for one job's masks",
    "the salts of this seat's shares of sealed outputs",
    "what this seat sent: it is what the other seats' looks show as received",
)

Tree = dict[str, Any]


def look(node: Node, question: Tree) -> Tree:
    """What there is: of a `job` (a number), of a `contract` (the beginning of its id), or a list of both.

    `hex`: so many first bytes of each thing. Raises ArgumentProblem for what this seat has never seen.
    """
    shown = int(question.get("hex") or 0)
    if not 0 <= shown <= MOST_HEX:
        raise ArgumentProblem(f"0 to {MOST_HEX:,} bytes can be shown, not {shown:,}")
    if question.get("job") is not None:
        job = node.docket.get(int(question["job"]))
        if job is None:
            raise ArgumentProblem(
                f"this node has no seat in job {question['job']}", hint="enigma look SEAT lists what it has"
            )
        return {**_head(node, _seated(node, job.request.contract)), **_of_job(node, job, shown)}
    if question.get("contract"):
        seated = _seated(node, _contract(node, str(question["contract"])))
        return {**_head(node, seated), **_of_contract(node, seated, shown)}
    return {"node": node.name, "transcripts_on": node.transcripts.each > 0, "contracts": _listed(node)}


def _headers(node: Node, contract: bytes) -> list[Tree]:
    """The public side of every contribution to a contract that this seat has taken: anybody can check it."""
    return [
        {
            "commitment": commitment.hex(),
            "parameter": parameter,
            "header": header,
            "pieces": [[bytes(piece).hex() for piece in column] for column in pieces],
        }
        for job in node.docket.all()
        if job.request.contract == contract
        for commitment, (parameter, header, pieces) in node.inbox.headers_of(job.request).items()
    ]


def _listed(node: Node) -> list[Tree]:
    found = []
    for seated in node.contracts.all():
        contract = seated.published.contract
        heard_of = node.transcripts.jobs(contract)
        found.append(
            {
                "contract": contract.hex(),
                "seat": seated.seat,
                "settled": node.holdings.standing(contract).job or None,
                "pieces": len(node.holdings.standing(contract).places),
                "jobs": [
                    {"job": job.number, "state": str(job.state), "transcript": job.number in heard_of}
                    for job in node.docket.all()
                    if job.request.contract == contract
                ],
            }
        )
    return found


def _head(node: Node, seated: Seated) -> Tree:
    return {
        "node": node.name,
        "contract": seated.published.contract.hex(),
        "seat": seated.seat,
        "seats": list(seated.published.seats),
        "not_shown": list(NOT_SHOWN),
        "transcripts_on": node.transcripts.each > 0,
        "headers": _headers(node, seated.published.contract),
    }


def _of_contract(node: Node, seated: Seated, shown: int) -> Tree:
    contract = seated.published.contract
    standing = node.holdings.standing(contract)
    named = list(of_state(standing.state))
    jobs = [job for job in node.docket.all() if job.request.contract == contract]
    return {
        "job": None,
        "clear": clear.of_contract(node, seated, standing),
        **_pieces(node.holdings, contract, {}, named, shown),
        "jobs": [job.number for job in jobs],
        "transcripts": [],
    }


def _of_job(node: Node, job: Job, shown: int) -> Tree:
    contract, holdings = job.request.contract, node.holdings
    standing, pending = holdings.standing(contract), holdings.pending(contract, job.number)
    inputs = node.inbox.brought(job.request)
    named = {each.index: each for each in of_arguments(inputs.given)}
    # What the contract has made of it says more: the field, the type.
    named |= {each.index: each for each in of_state(standing.state) if each.job == job.number}
    own = {**inputs.places}
    if pending is not None:
        named |= {each.index: each for each in of_state(pending.finding.state) if each.job == job.number}
        own |= pending.places
    return {
        "job": job.number,
        "clear": clear.of_job(node, job, pending),
        **_pieces(holdings, contract, own, list(named.values()), shown),
        "shares": list(_shares(holdings, job, shown)),
        "transcripts": [heard.told(each, shown) for each in node.transcripts.of(contract, job.number)],
    }


def _pieces(holdings: Holdings, contract: bytes, own: dict[int, bytes], named: list[Named], shown: int) -> Tree:
    """Each piece that is still here."""
    found, gone = [], 0
    places = {**holdings.standing(contract).places, **own}
    there = sorted((each for each in named if each.index in places), key=lambda each: each.index)
    for each in there[:MOST_PIECES]:
        try:
            [octets] = holdings.pieces(contract, own, [each.index])
        except ArgumentProblem:
            gone += 1
            continue
        found.append(_piece(each, octets, shown))
    return {
        "pieces": found,
        "pieces_gone": gone + len(named) - len(there),
        "pieces_left_out": len(there) - len(found) - gone,
    }


def _piece(each: Named, octets: bytes, shown: int) -> Tree:
    plain = None if each.type is None else list(bars(made_up(each.type, each.shape, each.index)))
    return {
        "index": each.index,
        "is": each.words,
        "shape": list(each.shape),
        "type": None if each.type is None else str(each.type),
        "bytes": len(octets),
        "noise": measure(_whole(octets, each)).tree(),
        "plaintext_histogram": plain,
        "hex": octets[:shown].hex() if shown else None,
    }


def _whole(octets: bytes, each: Named) -> bytes:
    """Without the bits that fill up the last byte of packed booleans: they are zero in every piece."""
    count = 1
    for extent in each.shape:
        count *= extent
    half = len(octets) // 2
    if half != (count + 7) // 8 or not count % 8:
        return octets
    return octets[: half - 1] + octets[half:-1]


def _shares(holdings: Holdings, job: Job, shown: int) -> Iterator[Tree]:
    answer = holdings.answer(job.number)
    for number, each in enumerate(() if answer is None else answer.finding.shares):
        yield {
            "is": f"this seat's share of sealed output {number}, for {', '.join(each.to)}",
            "bytes": len(each.share),
            "noise": measure(each.share).tree(),
            "hex": each.share[:shown].hex() if shown else None,
        }


def _seated(node: Node, contract: bytes) -> Seated:
    seated = node.contracts.seated(contract)
    if seated is None:
        raise ArgumentProblem(f"this node has no seat in {contract.hex()} any more")
    return seated


def _contract(node: Node, begins: str) -> bytes:
    wanted = begins.lower().removeprefix("0x")
    found = [s.published.contract for s in node.contracts.all() if s.published.contract.hex().startswith(wanted)]
    if len(found) != 1:
        many = "none" if not found else f"{len(found)} of them"
        raise ArgumentProblem(
            f"{begins} names no contract of this node: {many} begin so", hint="enigma look SEAT lists what it has"
        )
    return found[0]
