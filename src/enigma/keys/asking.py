"""What an account signs to store data at a node, or to load data through one: for that node alone, and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enigma.errors import ArgumentProblem, ProtocolError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import Types
from enigma.keys.uploading import domain

_ASKED = [
    {"name": "node", "type": "address"},
    {"name": "reference", "type": "bytes32"},
    {"name": "deadline", "type": "uint256"},
]
LOAD: Types = {"Load": _ASKED}
STORE: Types = {"Store": _ASKED}
SEALS: Types = {
    "Seals": [
        {"name": "reference", "type": "bytes32"},
        {"name": "sequence", "type": "uint256"},
        {"name": "digest", "type": "bytes32"},
    ]
}
LONGEST = 3600
"""Seconds that a signature may be good for: what is signed for longer is refused."""


def sign_ask(account: Account, types: Types, chain: int, *, node: str, reference: bytes, deadline: int) -> bytes:
    """An account's word, of the types `LOAD` or `STORE`, for one node; `deadline` in seconds since 1970."""
    return account.sign_typed(domain(chain), types, _message(node, reference, deadline))


def check_ask(
    who: str,
    signature: bytes,
    types: Types,
    chain: int,
    *,
    node: str,
    reference: bytes,
    deadline: int,
    now: float,
) -> None:
    """Goes on only if `who` signed this for this node, and the time is not over. Raises ProtocolError, ArgumentProblem.

    `now`: seconds since 1970, by the clock of whoever checks.
    """
    if deadline < now:
        raise ArgumentProblem("the time of this question has passed", hint="sign it again, with a later deadline")
    if deadline > now + 2 * LONGEST:
        raise ArgumentProblem(f"a question is signed for at most {LONGEST} seconds")
    if recover_typed(domain(chain), types, _message(node, reference, deadline), signature).lower() != who.lower():
        raise ProtocolError(f"the signature of this question to {node} is not that of {who}")


def sign_seals(account: Account, chain: int, *, reference: bytes, sequence: int, digest: bytes) -> bytes:
    """An account's word that these, by their SHA-256, are the sealed keys of its data; the highest sequence counts."""
    message = {"reference": reference, "sequence": sequence, "digest": digest}
    return account.sign_typed(domain(chain), SEALS, message)


def signer_of_seals(signature: bytes, chain: int, *, reference: bytes, sequence: int, digest: bytes) -> str:
    """Who signed sealed keys. Raises ProtocolError."""
    message = {"reference": reference, "sequence": sequence, "digest": digest}
    return recover_typed(domain(chain), SEALS, message, signature)


def _message(node: str, reference: bytes, deadline: int) -> Mapping[str, Any]:
    return {"node": node, "reference": reference, "deadline": deadline}
