"""What an account signs to send a node its contribution: so that nobody fills a disk, or a place, in another's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enigma.errors import ProtocolError
from enigma.keys.account import Account, recover_typed
from enigma.keys.typed_data import Types

UPLOAD: Types = {
    "Upload": [
        {"name": "node", "type": "address"},
        {"name": "contract", "type": "bytes32"},
        {"name": "commitment", "type": "bytes32"},
        {"name": "deadline", "type": "uint256"},
    ]
}


def domain(chain: int) -> dict[str, Any]:
    """The EIP-712 domain of what people sign for nodes."""
    return {"name": "Enigma Node", "version": "1", "chainId": chain}


def sign_upload(account: Account, chain: int, *, node: str, contract: bytes, commitment: bytes, deadline: int) -> bytes:
    """An account's word that this contribution, for this node, is its own; `deadline` in seconds since 1970."""
    return account.sign_typed(domain(chain), UPLOAD, _message(node, contract, commitment, deadline))


def check_upload(
    asker: str, signature: bytes, chain: int, *, node: str, contract: bytes, commitment: bytes, deadline: int
) -> None:
    """Goes on only if the asker signed it. Raises `ProtocolError`."""
    message = _message(node, contract, commitment, deadline)
    if recover_typed(domain(chain), UPLOAD, message, signature).lower() != asker.lower():
        raise ProtocolError(f"the signature of this upload is not that of {asker}")


def _message(node: str, contract: bytes, commitment: bytes, deadline: int) -> Mapping[str, Any]:
    return {"node": node, "contract": contract, "commitment": commitment, "deadline": deadline}
