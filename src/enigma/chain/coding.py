"""Arguments, results, events and refusals as the bytes that contracts take and give (the Ethereum contract ABI).

Source: Solidity documentation, "Contract ABI Specification". An `Abi` is the list that a compiler writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from enigma.errors import ArgumentProblem, LyingNode

if TYPE_CHECKING:
    from eth_abi.codec import ABIDecoder

Entry = Mapping[str, Any]
Abi = Sequence[Entry]

_ERROR = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)
_PANICS = {
    0x01: "an assertion failed",
    0x11: "a number left its range",
    0x12: "a division by zero",
    0x32: "an index outside its list",
}
SILENT = "it reverted without a reason"


def function_entry(abi: Abi, name: str, count: int) -> Entry:
    """The function of this name that takes `count` arguments. Raises ArgumentProblem, saying which there are."""
    named = [e for e in abi if e.get("type") == "function" and e.get("name") == name]
    fitting = [e for e in named if len(e.get("inputs", ())) == count]
    if not named:
        known = sorted({str(e["name"]) for e in abi if e.get("type") == "function"})
        raise ArgumentProblem(f"the contract has no function {name}", hint=f"it has: {', '.join(known) or 'none'}")
    if len(fitting) != 1:
        forms = "; ".join(f"{name}({', '.join(_described(p) for p in e.get('inputs', ()))})" for e in named)
        raise ArgumentProblem(f"{name} does not take {count} arguments", hint=f"it is {forms}")
    return fitting[0]


def selector_of(function: Entry | str) -> bytes:
    """The four bytes with which a call of a function begins: of its entry, or its signature, as transfer(address)."""
    from eth_utils.abi import function_abi_to_4byte_selector, function_signature_to_4byte_selector

    if isinstance(function, str):
        return bytes(function_signature_to_4byte_selector(function))
    return bytes(function_abi_to_4byte_selector(function))  # type: ignore[arg-type]


def encode_call(entry: Entry, arguments: Sequence[Any]) -> bytes:
    """Selector and arguments of a call. Raises ArgumentProblem."""
    return selector_of(entry) + _encode(entry, str(entry["name"]), arguments)


def encode_values(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Values of these types, as a tuple. Raises ArgumentProblem."""
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    try:
        return bytes(encode(list(types), list(values)))
    except EncodingError as error:
        raise ArgumentProblem(f"these values are not of the types {', '.join(types)}: {error}") from None


def encode_creation(abi: Abi, bytecode: bytes | str, arguments: Sequence[Any]) -> bytes:
    """Bytecode and constructor arguments of a deployment. Raises ArgumentProblem."""
    code = bytes.fromhex(bytecode.removeprefix("0x")) if isinstance(bytecode, str) else bytes(bytecode)
    if not code:
        raise ArgumentProblem("this contract has no bytecode: it is an interface")
    constructor: Entry = next((e for e in abi if e.get("type") == "constructor"), {"inputs": []})
    return code + _encode(constructor, "the constructor", arguments)


def decode_result(entry: Entry, encoded: bytes) -> Any:
    """What a function answered: None, one value, or a tuple. Addresses with checksums. Raises LyingNode."""
    outputs = entry.get("outputs", ())
    values = _decode(outputs, encoded, f"the answer of {entry.get('name')}")
    return None if not values else values[0] if len(values) == 1 else values


def decode_refusal(encoded: bytes, abi: Abi = ()) -> str:
    """The reason of a revert in words: a text, a panic, or an error that the ABI names."""
    from eth_abi.abi import decode as decode_abi
    from eth_abi.exceptions import DecodingError

    selector, rest = encoded[:4], encoded[4:]
    try:
        if selector == _ERROR:
            return str(decode_abi(["string"], rest)[0])
        if selector == _PANIC:
            code = int(decode_abi(["uint256"], rest)[0])
            return _PANICS.get(code, f"panic {code:#x}")
        for entry in abi:
            if entry.get("type") == "error" and selector_of(entry) == selector:
                values = _decode(entry.get("inputs", ()), rest, "an error")
                return f"{entry['name']}({', '.join(map(str, values))})"
    except (DecodingError, LyingNode):
        return f"a reason that does not decode: 0x{encoded[:64].hex()}"
    return f"0x{encoded[:64].hex()}" if encoded else SILENT


def event_topic(entry: Entry) -> str:
    """The first topic of an event's logs, 0x and 64 digits."""
    from eth_utils.abi import event_abi_to_log_topic

    return "0x" + bytes(event_abi_to_log_topic(entry)).hex()  # type: ignore[arg-type]


def decode_event(entry: Entry, topics: Sequence[str], encoded: bytes) -> dict[str, Any]:
    """An event's values by name. What is indexed and longer than 32 bytes is its hash. Raises LyingNode."""
    inputs = entry.get("inputs", ())
    indexed = [p for p in inputs if p.get("indexed")]
    if len(topics) != len(indexed) + 1:
        raise LyingNode(f"a log of {entry['name']} with {len(topics)} topics, not {len(indexed) + 1}")
    rest = iter(_decode([p for p in inputs if not p.get("indexed")], encoded, f"a log of {entry['name']}"))
    found = iter(topics[1:])
    values: dict[str, Any] = {}
    for part in inputs:
        if not part.get("indexed"):
            values[str(part["name"])] = next(rest)
            continue
        topic = bytes.fromhex(next(found)[2:])
        kind = str(part["type"])
        hashed = kind in {"string", "bytes"} or kind.endswith("]") or kind.startswith("tuple")
        values[str(part["name"])] = topic if hashed else _decode([part], topic, f"a topic of {entry['name']}")[0]
    return values


def _described(part: Entry) -> str:
    return f"{_type(part)} {part.get('name', '')}".strip()


def _type(part: Entry) -> str:
    kind = str(part["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(p) for p in part.get('components', ()))}){kind.removeprefix('tuple')}"


def _encode(entry: Entry, name: str, arguments: Sequence[Any]) -> bytes:
    from eth_abi.abi import encode as encode_abi
    from eth_abi.exceptions import EncodingError

    parts = entry.get("inputs", ())
    if len(parts) != len(arguments):
        raise ArgumentProblem(f"{name} takes {len(parts)} arguments, not {len(arguments)}")
    for part, argument in zip(parts, arguments, strict=True):
        try:
            encode_abi([_type(part)], [argument])
        except (EncodingError, TypeError, ValueError, AttributeError) as error:
            raise ArgumentProblem(f"{name}: {_described(part)} cannot be {argument!r:.80}: {error}") from None
    return bytes(encode_abi([_type(p) for p in parts], list(arguments)))


def _decode(parts: Sequence[Entry], encoded: bytes, what: str) -> tuple[Any, ...]:
    from eth_abi.exceptions import DecodingError

    try:
        values = _decoder().decode([_type(p) for p in parts], encoded)
    except (DecodingError, OverflowError) as error:
        raise LyingNode(
            f"{what} does not decode: {error}", hint="is it the right address, and the ABI of that contract?"
        ) from None
    return tuple(_shown(str(p["type"]), p, v) for p, v in zip(parts, values, strict=True))


@cache
def _decoder() -> ABIDecoder:
    """A decoder that takes any bytes as text, and shows those that are none as \\xff.

    A chain does not check texts. Whoever writes one must not be able to end the reading of all others.
    """
    from eth_abi.codec import ABIDecoder
    from eth_abi.decoding import StringDecoder
    from eth_abi.registry import BaseEquals, registry

    class AnyText(StringDecoder):
        def __init__(self) -> None:
            super().__init__("backslashreplace")  # type: ignore[no-untyped-call]

    lenient = registry.copy()  # type: ignore[no-untyped-call]
    lenient.unregister_decoder("string")
    text = BaseEquals("string", with_sub=False)  # type: ignore[no-untyped-call]
    lenient.register_decoder(text, AnyText, label="string")
    return ABIDecoder(lenient)


def _shown(kind: str, part: Entry, value: Any) -> Any:
    from eth_utils.address import to_checksum_address

    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        return [_shown(inner, part, each) for each in value]
    if kind == "tuple":
        parts = part.get("components", ())
        return tuple(_shown(str(p["type"]), p, v) for p, v in zip(parts, value, strict=True))
    return str(to_checksum_address(value)) if kind == "address" else value
