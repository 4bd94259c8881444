"""What a seat knows in clear of a contract or a job: all of it is public, or is told to every seat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from enigma.contract.answers import SealedDocument, SealedOutput, read_result
from enigma.contract.keeping import decode
from enigma.contract.vyper.arguments import decode_arguments
from enigma.node.contracts import Seated
from enigma.node.docket import Job
from enigma.node.holdings import Pending, Standing
from enigma.node.inputs import name_of
from enigma.wire import codec

if TYPE_CHECKING:
    from enigma.node.service import Node

LIMIT = 1 << 30
MOST_WORDS = 200
"""Characters of one value that are shown."""

Tree = dict[str, Any]


def of_contract(node: Node, seated: Seated, standing: Standing) -> list[Tree]:
    """Of a contract: what was published, its source, and what it remembers but for private values."""
    published = seated.published
    found = [
        _thing("publisher", published.publisher),
        _thing("public half, on the chain", published.public_half),
        *(_thing(f"seat {seat}{' (this one)' if seat == seated.seat else ''}", name)
          for seat, name in enumerate(published.seats)),
    ]  # fmt: skip
    known = node.contracts.known(published.contract)
    if known is not None:
        found.append(_thing("source", f"SHA-256 {published.source.hex()}", len(known.sources.text.encode())))
    if not standing.state:
        return found
    found.append(_thing("what the contract remembers: names, owners, shapes", "", len(standing.state)))
    state = decode(standing.state).state
    for field, chunks in state.tables.items():
        rows = sum(chunk.count for chunk in chunks)
        found.append(_thing(f"rows in {field}", f"{rows:,}"))
        found += [_thing(f"  of {chunk.owner}", f"{chunk.count:,} rows") for chunk in chunks]
    found += [_thing(f"owner of {field}{'' if key is None else f'[{key}]'}", str(entry.owner))
              for (field, key), entry in state.private.items()]  # fmt: skip
    return found


def of_job(node: Node, job: Job, pending: Pending | None) -> list[Tree]:
    """Of a job: what was asked, by whom, when, and what became known to everyone."""
    request = job.request
    known = node.contracts.known(request.contract)
    function = None if known is None else name_of(known, request.function)
    headers = node.inbox.headers_of(request).values()
    found = [
        _thing("asked by", request.asker),
        _thing("function", function or request.function.hex()),
        _thing("asked in block", f"{job.block:,}, at {job.time} seconds since 1970"),
        _thing("state", str(job.state)),
        *(_thing("commitment to a private argument", each.hex(), len(each)) for each in request.commitments),
        *(_thing(f"private argument {name}", _columns(header)) for name, header, _ in headers),
    ]
    if known is not None and function is not None:
        octets = node.inbox.arguments(request)
        if octets is not None:
            values = decode_arguments(known.module, function, octets)
            found += [_thing(f"public argument {name}", _words(value)) for name, value in values.items()]
    if job.reason:
        found.append(_thing("refused", job.reason))
    answer = node.holdings.answer(job.number)
    finding = answer.finding if answer is not None else None if pending is None else pending.finding
    if finding is not None:
        found += [
            _thing("rounds and operations", f"{finding.rounds:,} and {finding.operations:,}"),
            _thing("the public part of the answer, for everyone", _answered(finding.answer), len(finding.answer)),
            *(_thing("commitment to a seat's share of a sealed output", each.hex(), len(each))
              for seats in finding.commitments for each in seats),
        ]  # fmt: skip
    return found


def _thing(what: str, words: str, octets: int | None = None) -> Tree:
    return {"is": what, "says": words, "bytes": octets}


def _columns(header: Any) -> str:
    rows = "one value or array" if header["rows"] is None else f"{header['rows']:,} rows"
    names = ", ".join(str(name) for name, *_ in header["columns"] if name)
    return f"{rows}{f' of {names}' if names else ''}"


def _answered(octets: bytes) -> str:
    """An answer in words: values as they are, and where something sealed goes."""
    tree: Any = codec.decode(octets, limit=LIMIT)
    return _words(_part(read_result(tree["result"])) if "result" in tree else f"refused: {tree.get('refused')}")


def _part(part: Any) -> Any:
    match part:
        case SealedOutput():
            return "(sealed)"
        case SealedDocument():
            return "(a document)"
        case list() | tuple():
            return type(part)(_part(each) for each in part)
        case dict():
            return {key: _part(each) for key, each in part.items()}
    return str(part)


def _words(value: object) -> str:
    text = str(value)
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"
