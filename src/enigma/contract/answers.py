"""What a call returned, on its way from the seats to whoever asked: public parts as they are, sealed parts as slots.

In a tree of `enigma.wire`, each part behind its kind:

    ["value", octets]                   a public value, in canonical bytes
    ["sealed", number, to, shape, type] the place of the number-th sealed output, for the addresses `to`
    ["document", SHA-256, size, sealed] the place of an encrypted document, whose content key is that sealed output
    ["list" | "tuple", parts]
    ["map", [[key octets, part], ...]]  in the order of the call
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enigma.contract.call import Handed, HandedCiphertext, Slot
from enigma.contract.dictionaries.addresses import Address, read_address
from enigma.contract.dictionaries.canonical import MAX_DOCUMENT_BYTES, decode_value, encode_value
from enigma.contract.dictionaries.ciphertext import DIGEST_BYTES, KEY_TYPE, KEY_WORDS, MOST_CIPHERTEXT_BYTES
from enigma.errors import CallRefused, WireError
from enigma.program.program import read_type, type_tree
from enigma.program.types import Type
from enigma.wire import Tree

MOST_DIMENSIONS = 32


@dataclass(frozen=True, slots=True)
class SealedOutput:
    """A slot of a result, and the shape of what comes there."""

    slot: Slot
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """An encrypted document of a result: its ciphertext by hash and size, and the sealed output that is its key."""

    sha256: bytes
    size: int
    key: SealedOutput


def write_result(result: Any, shapes: dict[int, tuple[int, ...]]) -> Tree:
    """The tree of a call's result; `shapes` has that of each sealed output, by its number.

    Raises `CallRefused` for a public value that is handed to some alone: no seat can hand that out unseen.
    """
    if isinstance(result, Slot):
        to = [str(each) for each in result.to]
        return ["sealed", result.number, to, list(shapes[result.number]), type_tree(result.type)]
    if isinstance(result, HandedCiphertext):
        return ["document", result.sha256, result.size, write_result(result.key, shapes)]
    if isinstance(result, Handed):
        raise CallRefused(
            "a seat cannot hand out a document whose text it must not know",
            hint="declare what is stored as a document, or as private: DHT.set(key, parameter, predicate)",
        )
    if isinstance(result, (list, tuple)):
        return [type(result).__name__, [write_result(each, shapes) for each in result]]
    if isinstance(result, dict):
        return ["map", [[encode_value(key), write_result(each, shapes)] for key, each in result.items()]]
    return ["value", encode_value(result, limit=MAX_DOCUMENT_BYTES)]


def read_result(tree: Tree) -> Any:
    """What `write_result` wrote, with a `SealedOutput` in the place of each sealed part. Raises `WireError`."""
    match tree:
        case ["value", bytes() as octets]:
            return decode_value(octets, limit=MAX_DOCUMENT_BYTES)
        case ["sealed", int(number), list(to), list(shape), its_type] if len(shape) <= MOST_DIMENSIONS:
            return SealedOutput(Slot(number, tuple(map(_address, to)), _type(its_type)), tuple(map(_extent, shape)))
        case ["document", bytes(sha256), int(size), sealed]:
            return _document(sha256, size, read_result(sealed))
        case ["list", list(parts)]:
            return [read_result(each) for each in parts]
        case ["tuple", list(parts)]:
            return tuple(read_result(each) for each in parts)
        case ["map", list(pairs)]:
            return dict(_pair(each) for each in pairs)
    raise WireError("not a call's result")


def _pair(tree: Any) -> tuple[Any, Any]:
    match tree:
        case [bytes() as key, part]:
            return decode_value(key), read_result(part)
    raise WireError("not a key and its part of a call's result")


def _document(sha256: bytes, size: int, key: Any) -> SealedDocument:
    fits = isinstance(key, SealedOutput) and key.shape == (KEY_WORDS,) and key.slot.type == KEY_TYPE
    if len(sha256) != DIGEST_BYTES or not 0 < size <= MOST_CIPHERTEXT_BYTES or not fits:
        raise WireError("not a document of a call's result")
    return SealedDocument(sha256, size, key)


def _type(tree: Any) -> Type:
    try:
        return read_type(tree)
    except (TypeError, ValueError) as error:
        raise WireError(f"not the type of a sealed output: {error}") from error


def _address(text: Any) -> Address:
    if not isinstance(text, str):
        raise WireError("a sealed output is for addresses")
    return read_address(text)


def _extent(size: Any) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise WireError("a shape has sizes from 0 on")
    return size
