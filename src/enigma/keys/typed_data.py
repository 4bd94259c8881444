"""Typed data (EIP-712), checked before it is hashed: what is missing or of another kind would be signed as something.

Types and messages are as wallets have them: `{"Grant": [{"name": "who", "type": "address"}]}` and `{"who": "0x..."}`.
Bytes may be `bytes` or text of 0x and digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from enigma.errors import ArgumentProblem

Types = Mapping[str, Sequence[Mapping[str, str]]]

_ARRAY = re.compile(r"(.+)\[(\d*)\]")
_DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}


def signable(domain: Mapping[str, Any], types: Types, message: Mapping[str, Any]) -> Any:
    """What is hashed and signed, as eth-account takes it. Raises ArgumentProblem, naming the part that does not fit."""
    from eth_account.messages import encode_typed_data

    _checked(domain, types, message)
    given = {name: [dict(part) for part in parts] for name, parts in types.items()}
    return encode_typed_data(dict(domain), given, dict(message))


def wallet_form(domain: Mapping[str, Any], types: Types, message: Mapping[str, Any]) -> dict[str, Any]:
    """What a wallet is asked to sign, as JSON takes it (EIP-712, `eth_signTypedData_v4`): the same bytes as `signable`.

    Numbers are decimal text, because JSON's own lose what is above 2^53 in JavaScript. Raises ArgumentProblem.
    """
    primary = _checked(domain, types, message)
    named = [{"name": name, "type": kind} for name, kind in _DOMAIN.items() if name in domain]
    return {
        "types": {"EIP712Domain": named} | {name: [dict(part) for part in parts] for name, parts in types.items()},
        "primaryType": primary,
        "domain": _plain(domain),
        "message": _plain(message),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked(domain: Mapping[str, Any], types: Types, message: Mapping[str, Any]) -> str:
    """The primary type; raises ArgumentProblem where domain or message do not fit."""
    unknown = sorted(set(domain) - set(_DOMAIN))
    if unknown or not domain:
        raise ArgumentProblem(f"an EIP-712 domain has some of {', '.join(_DOMAIN)}, and no {', '.join(unknown)}")
    for name, value in domain.items():
        _check(types, _DOMAIN[name], value, f"domain.{name}")
    used = {_base(part["type"]) for parts in types.values() for part in parts}
    primary = [name for name in types if name not in used]
    if len(primary) != 1:
        raise ArgumentProblem(f"one of the types {', '.join(types)} must be the one that no other uses")
    _check(types, primary[0], message, primary[0])
    return primary[0]


def _base(kind: str) -> str:
    while found := _ARRAY.fullmatch(kind):
        kind = found[1]
    return kind


def _check(types: Types, kind: str, value: Any, where: str) -> None:
    """Raise unless `value` is one of `kind`."""
    array = _ARRAY.fullmatch(kind)
    if array:
        if not isinstance(value, list | tuple) or (array[2] and len(value) != int(array[2])):
            raise _wrong(where, kind, value)
        for index, each in enumerate(value):
            _check(types, array[1], each, f"{where}[{index}]")
    elif kind in types:
        if not isinstance(value, Mapping):
            raise _wrong(where, kind, value)
        names = [part["name"] for part in types[kind]]
        if sorted(names) != sorted(value):
            raise ArgumentProblem(f"{where} has {', '.join(value) or 'nothing'}; {kind} has {', '.join(names)}")
        for part in types[kind]:
            _check(types, part["type"], value[part["name"]], f"{where}.{part['name']}")
    elif not _is_plain(kind, value):
        raise _wrong(where, kind, value)


def _is_plain(kind: str, value: Any) -> bool:
    number = re.fullmatch(r"(u?)int(\d+)", kind)
    if number and int(number[2]) in range(8, 257, 8):
        bits = int(number[2])
        low, high = (0, 2**bits) if number[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        return isinstance(value, int) and not isinstance(value, bool) and low <= value < high
    octets = re.fullmatch(r"bytes(\d*)", kind)
    if octets and (not octets[1] or 1 <= int(octets[1]) <= 32):
        length = _length(value)
        return length is not None and (not octets[1] or length == int(octets[1]))
    if kind == "address":
        return isinstance(value, str) and _length(value) == 20
    return isinstance(value, {"string": str, "bool": bool}.get(kind, ()))


def _length(value: Any) -> int | None:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, str) and re.fullmatch(r"0x(?:[0-9a-fA-F]{2})*", value):
        return len(value) // 2 - 1
    return None


def _wrong(where: str, kind: str, value: Any) -> ArgumentProblem:
    return ArgumentProblem(f"{where} is {kind}, and cannot be {value!r:.80}")
