"""What was called: the arguments of a transaction to a controller, and the signatures among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from enigma.chain.artifacts import load
from enigma.chain.audit.findings import Section
from enigma.chain.audit.record import Record, Said
from enigma.chain.coding import decode_result, selector_of
from enigma.chain.receipts import seats_in
from enigma.errors import ProtocolError
from enigma.keys.account import recover_typed
from enigma.keys.typed_data import Types


def arguments_of(record: Record, said: Said, function: str) -> dict[str, Any] | None:
    """The arguments with which a transaction called this function of the controller whose event `said` is.

    None where another contract made the call: what it handed on stands in no transaction. Raises LyingNode.
    """
    transaction = record.transaction(said)
    [entry] = [e for e in load(said.controller).abi if e["type"] == "function" and e["name"] == function]
    if transaction.to != said.event.address or transaction.data[:4] != selector_of(entry):
        return None
    decoded = decode_result({"name": f"the call of {function}", "outputs": entry["inputs"]}, transaction.data[4:])
    values = (decoded,) if len(entry["inputs"]) == 1 else decoded
    return {str(part["name"]): value for part, value in zip(entry["inputs"], values, strict=True)}


def signer_of(domain: Mapping[str, Any], types: Types, message: Mapping[str, Any], signature: bytes) -> str:
    """Who signed; empty where the signature is nobody's."""
    try:
        return recover_typed(domain, types, message, signature)
    except ProtocolError:
        return ""


def check_quorum(
    section: Section,
    what: str,
    said: Said,
    domain: Mapping[str, Any],
    types: Types,
    message: Mapping[str, Any],
    seats: Sequence[str],
    quorum: int,
    bits: int,
    signatures: Sequence[bytes],
) -> tuple[int, ...]:
    """A finding for every signature of a quorum, recovered over the typed data; gives back the seats that signed."""
    signed = seats_in(bits)
    fits = len(signed) == len(signatures) and all(seat < len(seats) for seat in signed)
    found = {
        seat: signer_of(domain, types, message, signature) for seat, signature in zip(signed, signatures, strict=False)
    }
    bad = [seat for seat in signed if seat >= len(seats) or found.get(seat) != seats[seat]]
    section.check(
        fits and not bad,
        f"{what} is signed by {len(signed)} of {len(seats)} seats; each signature is of the node that held the seat.",
        f"{what}: signatures are not those of the nodes that held the seats {', '.join(map(str, bad))}.",
        said,
        **{f"seat {seat}": found.get(seat) or "nobody" for seat in signed},
    )
    section.check(
        len(signed) >= quorum,
        f"A quorum is {quorum}, and {len(signed)} signed.",
        f"A quorum is {quorum}, and only {len(signed)} signed.",
        said,
    )
    return signed
