"""Parts of a decoded tree, proven to be what they must be; WireError where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enigma.contract.dictionaries.addresses import ADDRESS_BYTES, Address
from enigma.errors import WireError
from enigma.wire import Tree

LARGEST = (1 << 63) - 1


def whole(tree: Tree, what: str, most: int = LARGEST) -> int:
    """A whole number from 0 to `most`."""
    if type(tree) is not int or not 0 <= tree <= most:
        raise WireError(f"{what} is no whole number from 0 to {most}")
    return tree


def text(tree: Tree, what: str) -> str:
    """A text."""
    if not isinstance(tree, str):
        raise WireError(f"{what} is no text")
    return tree


def octets(tree: Tree, what: str) -> bytes:
    """A byte string."""
    if not isinstance(tree, bytes):
        raise WireError(f"{what} is no byte string")
    return tree


def address(tree: Tree, what: str) -> Address:
    """An address."""
    if not isinstance(tree, bytes) or len(tree) != ADDRESS_BYTES:
        raise WireError(f"{what} is no address")
    return Address(tree)


def items(tree: Tree, what: str) -> Sequence[Tree]:
    """A list."""
    if not isinstance(tree, list):
        raise WireError(f"{what} is no list")
    return tree


def row(tree: Tree, width: int, what: str) -> Sequence[Tree]:
    """A list of so many parts."""
    if not isinstance(tree, list) or len(tree) != width:
        raise WireError(f"{what} is not made of {width} parts")
    return tree


def fields(tree: Tree, what: str) -> Mapping[str, Tree]:
    """A dict."""
    if not isinstance(tree, dict):
        raise WireError(f"{what} is no dict")
    return tree
