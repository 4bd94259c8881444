"""What a seat hands out of a settled job: the public answer to everybody, shares of sealed outputs to their readers."""

from __future__ import annotations

from enigma.chain.ledger import SEALING, Ledger
from enigma.chain.results import share_context
from enigma.errors import ArgumentProblem, CallRefused
from enigma.keys.sealing import seal
from enigma.node.holdings import Holdings
from enigma.node.job.finding import Finding
from enigma.wire import Tree, codec


def answer_of(holdings: Holdings, number: int) -> Tree:
    """The answer that all seats agreed on, and their commitments to what is sealed in it."""
    request, finding = _settled(holdings, number)
    return {
        "request": request,
        "answer": finding.answer,
        "commitments": [list(each) for each in finding.commitments],
        "result": finding.result,
    }


def sealed_for(holdings: Holdings, ledger: Ledger, number: int, reader: str, seat: int) -> Tree:
    """This seat's shares of the outputs that are for a reader, sealed to the key that the reader has published."""
    request, finding = _settled(holdings, number)
    own = [(i, each) for i, each in enumerate(finding.shares) if reader.lower() in {to.lower() for to in each.to}]
    if not own:
        raise ArgumentProblem(f"nothing of job {number} is for {reader}")
    public = ledger.get(reader, SEALING)
    if public is None or len(public) != 32:
        raise ArgumentProblem(f"{reader} has published no key to seal to", hint="enigma id publish")
    return [
        [number_, seal(public, codec.encode([each.share, each.salt]), share_context(request, number_, seat))]
        for number_, each in own
    ]


def _settled(holdings: Holdings, number: int) -> tuple[bytes, Finding]:
    found = holdings.answer(number)
    if found is None:
        raise ArgumentProblem(f"job {number} has no answer here yet", hint=f"GET /v1/jobs/{number} says how far it is")
    if not found.stands:
        raise CallRefused(
            f"job {number} does not count: the contract's public fields had changed by the time it was settled",
            hint="ask again; nothing of it was handed out",
        )
    return found.request, found.finding
