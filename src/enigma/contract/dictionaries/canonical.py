"""Public values and their one encoding: what the chain stores, and what is hashed.

Kinds never run into each other: 1, True, "1", a decimal 1, an address, a list and a tuple of one 1 all have different
bytes, though Python calls some of them equal. In a tree of `enigma.wire`:

    None, bool, int, text     as they are                       int: at most 256 bits
    address                   its 20 bytes
    tuple                     a list
    list                      {"list": [...]}
    map                       {"map": [[key, value], ...]}      in the order of insertion, which a contract can see
    decimal                   {"decimal": [c, e]}               c * 10**e; c of at most 34 digits, not ending in 0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias, TypeGuard

from enigma.contract.dictionaries.addresses import ADDRESS_BYTES, Address
from enigma.errors import ArgumentProblem, WireError
from enigma.wire import Tree, decode, encode

KeyValue: TypeAlias = "bool | int | str | Address | tuple[KeyValue, ...]"
"""What may stand in the brackets of a dictionary, or be the key of a map."""

PublicValue: TypeAlias = (
    "bool | int | Decimal | str | Address | Sequence[PublicValue] | Mapping[KeyValue, PublicValue] | None"
)
"""What everyone may see. Sequences are lists and tuples; maps are dicts."""

MAX_VALUE_BYTES = 1 << 16
"""The longest encoding of one public value on the ledger."""
MAX_DOCUMENT_BYTES = 1 << 24
"""The longest encoding of one document."""
MAX_KEY_BYTES = 1 << 10
MAX_NESTING = 16
INT_BITS = 256
DECIMAL_DIGITS = 34
MAX_EXPONENT = 6144


def encode_value(value: object, *, limit: int = MAX_VALUE_BYTES) -> bytes:
    """The canonical bytes of a public value; a later change of a list or a map in it does not reach them.

    Raises ArgumentProblem on what is not a public value, and on one of more than `limit` bytes, before memory is taken
    for it.
    """
    return _encoded(value, _Trees("a value", limit))


def decode_value(octets: bytes, *, limit: int = MAX_VALUE_BYTES) -> PublicValue:
    """The value that `octets` encode, in lists and maps of its own. Raises WireError on any other bytes."""
    return _value(decode(octets, limit=limit), 1)


def encode_key(key: object) -> bytes:
    """The canonical bytes of a key: int, text, bool, address, or a tuple of these. Raises ArgumentProblem."""
    trees = _Trees("a key", MAX_KEY_BYTES)
    octets = _encoded(key, trees)
    if not is_key(key):
        verb = "is"
        while type(key) is tuple:
            key, verb = next(part for part in key if not is_key(part)), "holds"
        raise trees.refusal(
            f"{verb} {_kind(key)}", "A key is a whole number, a text, a bool, an address or a tuple of these."
        )
    return octets


def is_key(value: object) -> TypeGuard[KeyValue]:
    """Whether a value is made of what keys are made of, and of no more parts than a key can have bytes."""
    pending, parts = [value], 1
    while pending:
        part = pending.pop()
        if type(part) is tuple:
            parts += len(part)
            if parts > MAX_KEY_BYTES:
                return False
            pending.extend(part)
        elif type(part) not in {bool, int, str, Address}:
            return False
    return True


def _encoded(value: object, trees: _Trees) -> bytes:
    try:
        octets = encode(trees.tree(value, 1))
    except WireError as error:  # the only one left: half of a character
        raise trees.refusal("holds half of a character, which UTF-8 cannot spell", "Write whole characters.") from error
    if len(octets) > trees.limit:
        raise trees.too_long()
    return octets


class _Trees:
    """Makes the tree of one value, counting a lower bound of its bytes: nothing is built that would be too long."""

    def __init__(self, what: str, limit: int) -> None:
        self.what, self.limit, self.bytes = what, limit, 0

    def tree(self, value: object, depth: int) -> Tree:
        if depth > MAX_NESTING:
            raise self.refusal(f"is nested deeper than {MAX_NESTING} levels", "Store it in several parts.")
        self.count(1)
        if value is None or type(value) is bool:
            return value
        if type(value) is int:
            if value.bit_length() > INT_BITS:
                raise self.refusal(f"holds a whole number of more than {INT_BITS} bits", "Store a smaller number.")
            return value
        if type(value) is str:
            self.count(len(value))
            return value
        if type(value) is Address:
            self.count(ADDRESS_BYTES)
            return value.octets
        if type(value) is Decimal:
            return {"decimal": self.decimal(value)}
        if isinstance(value, tuple):
            return [self.tree(item, depth + 1) for item in value]
        if isinstance(value, list):
            return {"list": [self.tree(item, depth + 1) for item in value]}
        if isinstance(value, Mapping):
            return {"map": [self.pair(key, item, depth) for key, item in value.items()]}
        raise self.refusal(
            f"holds {_kind(value)}",
            "A public value is a number, a text, a bool, an address, None, or a list, tuple or map of these.",
        )

    def pair(self, key: object, value: object, depth: int) -> Tree:
        if not is_key(key):
            raise self.refusal(
                f"holds a map with a key that is {_kind(key)}",
                "Keys are whole numbers, texts, bools, addresses and tuples of these.",
            )
        return [self.tree(key, depth + 1), self.tree(value, depth + 1)]

    def decimal(self, value: Decimal) -> Tree:
        sign, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise self.refusal("holds a decimal that is no number", "Store a finite decimal.")
        written = "".join(map(str, digits)).lstrip("0")
        kept = written.rstrip("0")
        exponent += len(written) - len(kept)
        if not kept:
            return [0, 0]
        if len(kept) > DECIMAL_DIGITS or not -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
            raise self.refusal(
                f"holds a decimal of more than {DECIMAL_DIGITS} digits, or beyond 10**±{MAX_EXPONENT}",
                "Round it first.",
            )
        return [-int(kept) if sign else int(kept), exponent]

    def count(self, least: int) -> None:
        self.bytes += least
        if self.bytes > self.limit:
            raise self.too_long()

    def too_long(self) -> ArgumentProblem:
        return self.refusal(f"takes more than {self.limit} bytes", "Store it in several parts, each under its own key.")

    def refusal(self, problem: str, hint: str) -> ArgumentProblem:
        return ArgumentProblem(f"{self.what} {problem}", hint=hint)


def _kind(value: object) -> str:
    words = {bool: "a bool", int: "a whole number", str: "a text", type(None): "None", Decimal: "a decimal"}
    return words.get(type(value), f"a value of type {type(value).__name__}")


def _value(tree: Tree, depth: int) -> PublicValue:
    if depth > MAX_NESTING:
        raise WireError(f"a public value is nested deeper than {MAX_NESTING} levels")
    if tree is None or isinstance(tree, (bool, str)):
        return tree
    if isinstance(tree, int):
        if tree.bit_length() > INT_BITS:
            raise WireError(f"a public value holds a whole number of more than {INT_BITS} bits")
        return tree
    if isinstance(tree, bytes):
        if len(tree) != ADDRESS_BYTES:
            raise WireError(f"an address has {ADDRESS_BYTES} bytes, not {len(tree)}")
        return Address(tree)
    if isinstance(tree, list):
        return tuple(_value(item, depth + 1) for item in tree)
    if isinstance(tree, dict) and len(tree) == 1:
        ((kind, content),) = tree.items()
        if isinstance(content, list):
            if kind == "list":
                return [_value(item, depth + 1) for item in content]
            if kind == "map":
                return _map(content, depth)
            if kind == "decimal":
                return _decimal(content)
    raise WireError("a tree is not that of a public value")


def _map(pairs: Sequence[Tree], depth: int) -> dict[KeyValue, PublicValue]:
    found: dict[KeyValue, PublicValue] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("a map in a public value is not made of pairs")
        key = _value(pair[0], depth + 1)
        if not is_key(key) or key in found:
            raise WireError("a map in a public value has a key twice, or one that cannot be a key")
        found[key] = _value(pair[1], depth + 1)
    return found


def _decimal(content: Sequence[Tree]) -> Decimal:
    match content:
        case [int(coefficient), int(exponent)] if not isinstance(coefficient, bool) and not isinstance(exponent, bool):
            digits = str(abs(coefficient)) if coefficient.bit_length() <= INT_BITS else ""
            shortest = digits == "0" and exponent == 0 if coefficient == 0 else not digits.endswith("0")
            if 0 < len(digits) <= DECIMAL_DIGITS and shortest and -MAX_EXPONENT <= exponent <= MAX_EXPONENT:
                if 0 < exponent <= DECIMAL_DIGITS - len(digits):  # reads 1000, not 1E+3
                    digits, exponent = digits + "0" * exponent, 0
                return Decimal((coefficient < 0, tuple(map(int, digits)), exponent))
    raise WireError("a decimal in a public value is not in its shortest form")
