"""What the controller Ledger has of `L`, as the language has it: hashes of keys, and values. See `ledger`."""

from __future__ import annotations

from typing import Any

from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.dictionaries.canonical import KeyValue, PublicValue, decode_value, encode_value
from enigma.contract.dictionaries.namespace import Key
from enigma.contract.vyper.kinds import LEAST, MOST, Sort, decimal_of
from enigma.contract.vyper.ledger import TAGS
from enigma.errors import WireError

_ABI = {TAGS[Sort.BOOL]: "bool", TAGS[Sort.INT]: "int256", TAGS[Sort.TEXT]: "string", TAGS[Sort.ADDRESS]: "address",
        TAGS[Sort.FIXED]: "int256"}  # fmt: skip


def key_octets(key: Key) -> bytes | None:
    """The 32 bytes under which the chain has a key; None for one with a number that the chain does not have."""
    from eth_utils.crypto import keccak

    try:
        return keccak(b"".join(_hashed(part) for part in (key.database, key.table, key.key)))
    except OverflowError:
        return None


def value_of(octets: bytes) -> PublicValue:
    """The value that a public half has written. Raises `WireError` on bytes that none writes."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    type_ = _ABI.get(octets[0] if octets else 0)
    if type_ is None:
        raise WireError("what the chain has under a key of L is of no kind that a contract writes")
    try:
        (value,) = decode([type_], octets[1:])
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise WireError(f"what the chain has under a key of L is no {type_}: {error}") from error
    return decode_value(encode_value(_in_language(octets[0], value)))


def _in_language(tag: int, value: Any) -> Any:
    if tag == TAGS[Sort.ADDRESS]:
        return read_address(value)
    if tag == TAGS[Sort.FIXED]:
        return decimal_of(value)
    return value


def _hashed(part: KeyValue) -> bytes:
    from eth_utils.crypto import keccak

    if isinstance(part, tuple):
        return keccak(bytes([TAGS[Sort.TUPLE]]) + b"".join(map(_hashed, part)))
    if isinstance(part, bool):
        return keccak(bytes([TAGS[Sort.BOOL], part]))
    if isinstance(part, int):
        if not LEAST <= part <= MOST:
            raise OverflowError
        return keccak(bytes([TAGS[Sort.INT]]) + part.to_bytes(32, "big", signed=True))
    if isinstance(part, Address):
        return keccak(bytes([TAGS[Sort.ADDRESS]]) + part.octets)
    return keccak(bytes([TAGS[Sort.TEXT]]) + part.encode())
