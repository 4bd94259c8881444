"""What an asker signs to take a question back before it is answered. The request's hash binds everything else of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enigma.errors import ProtocolError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import Types
from enigma.keys.uploading import domain

CANCELLATION: Types = {
    "Cancellation": [
        {"name": "contract", "type": "bytes32"},
        {"name": "job", "type": "uint256"},
        {"name": "request", "type": "bytes32"},
    ]
}


def sign_cancellation(account: Account, chain: int, *, contract: bytes, job: int, request: bytes) -> bytes:
    """The asker's word that this job need not be computed: 65 bytes."""
    return account.sign_typed(domain(chain), CANCELLATION, _message(contract, job, request))


def check_cancellation(asker: str, signature: bytes, chain: int, *, contract: bytes, job: int, request: bytes) -> None:
    """Goes on only if the asker signed it. Raises `ProtocolError`."""
    message = _message(contract, job, request)
    if recover_typed(domain(chain), CANCELLATION, message, signature).lower() != asker.lower():
        raise ProtocolError(f"the signature of this cancellation is not that of {asker}, who asked job {job}")


def _message(contract: bytes, job: int, request: bytes) -> Mapping[str, Any]:
    return {"contract": contract, "job": job, "request": request}
