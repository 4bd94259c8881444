"""A document that no node can read: its ciphertext by hash and size, and its content key as a secret of the committee.

The ciphertext is public and lies wherever its SHA-256 is asked for. Its content key exists in pieces from the moment
when its owner has shared it, as eight whole numbers of 32 bits: a range that every family of sharing has room for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enigma.contract.dictionaries.held import Held
from enigma.errors import WireError
from enigma.program.types import number

KEY_WORDS = 8
KEY_TYPE = number(0, (1 << 32) - 1)
"""What each of the `KEY_WORDS` words of a content key is, the most significant word first."""

DIGEST_BYTES = 32
MOST_CIPHERTEXT_BYTES = 1 << 30
"""Of one document."""

_COLUMN = re.compile(r"([0-9a-f]{64}) ([1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """What a contract holds of an encrypted document. `size`: bytes of the ciphertext; `key`: see `KEY_TYPE`."""

    sha256: bytes
    size: int
    key: Held


def column_of(sha256: bytes, size: int) -> str:
    """The name of the one column of a document's contribution: so its commitment binds the ciphertext to the key."""
    return f"{sha256.hex()} {size}"


def read_column(name: str) -> tuple[bytes, int]:
    """SHA-256 and size, from `column_of`. Raises WireError."""
    found = _COLUMN.fullmatch(name)
    if found is None or int(found[2]) > MOST_CIPHERTEXT_BYTES:
        raise WireError(
            "the contribution of a document has one column, named by the SHA-256 of its ciphertext and its size, of "
            f"at most {MOST_CIPHERTEXT_BYTES} bytes"
        )
    return bytes.fromhex(found[1]), int(found[2])
