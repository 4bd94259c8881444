"""The contract of the simulation: every row is one amount, a power of two, so that a sum tells which rows are in it."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from enigma.chain.artifacts import Artifact
from enigma.chain.compiling import compile_text
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.vyper import public_half

SOURCE = '''"""Amounts of many owners, and their sum."""

Row = table(amount=int(0, 1_099_511_627_776))


class Amounts(Contract):
    """Whoever brought rows may take them out."""

    release = always
    rows: private[Row]

    @private
    def add(self, rows: private[Row]):
        """Bring rows."""
        self.rows.append(rows)

    @private
    def leave(self):
        """Take the sender's rows out."""
        self.rows.withdraw()

    @private
    def total(self):
        """Everyone learns the sum, and the asker once more: what is sealed has other salts in each attempt."""
        require(len(self.rows) > 0, "there are no rows")
        found = sum(self.rows.amount)
        return reveal(found, to=everyone), reveal(found)
'''
DIGEST = hashlib.sha256(SOURCE.encode()).digest()
CONTRACT = b"c" * 32
HALF = f"0x{77:040x}"


class Functions(NamedTuple):
    """Selectors, by function."""

    add: bytes
    leave: bytes
    total: bytes


@cache
def compiled(name: str, source: str) -> Artifact:
    """The compiler gives the same for the same: it is asked once."""
    return compile_text(name, source)


@cache
def code() -> bytes:
    """What stands at the public half's address."""
    half = public_half(load(Source("contract.py", SOURCE)))
    artifact = compiled("PublicHalf", half.source)
    constants = sum(each.length for each in artifact.immutables)
    return bytes.fromhex(artifact.runtime.removeprefix("0x")) + bytes(constants)


@cache
def functions() -> Functions:
    from eth_utils.crypto import keccak

    half = public_half(load(Source("contract.py", SOURCE)))
    return Functions(*(keccak(half.functions[name].signature.encode())[:4] for name in Functions._fields))
