"""`L` on the chain: calls to the controller Ledger, where each contract writes in a space of its own.

A key there is the Keccak-256 of 96 bytes: one hash for each of database, table and key, of which those left out are the
empty text. The hash of a part is that of one byte for its kind (`TAGS`) and its bytes: 32 of a whole number, with its
sign; 1 of a boolean; 20 of an address; UTF-8 of a text; of a tuple, the hashes of its parts. A value is one byte for
its kind, and its ABI encoding. What is read must be of the kind that its place asks for, or the call is refused.
"""

from __future__ import annotations

import ast
from typing import NoReturn

from enigma.contract.vyper.body import Body
from enigma.contract.vyper.kinds import BOOL, INT, MOST_TEXT, TEXT, Kind, Sort
from enigma.contract.vyper.term import Term

MOST_BYTES = 4096
INTERFACE = f"""interface ILedger:
    def set(space: address, key: bytes32, content: Bytes[{MOST_BYTES}]): nonpayable
    def get(space: address, key: bytes32) -> (bool, Bytes[{MOST_BYTES}]): view
    def get_as_of(space: address, key: bytes32, time: uint256) -> (bool, Bytes[{MOST_BYTES}]): view
"""
TAGS = {Sort.BOOL: 1, Sort.INT: 2, Sort.TEXT: 3, Sort.ADDRESS: 4, Sort.TUPLE: 5, Sort.FIXED: 6}

_HINT = "put it into a field of that kind, self.name = L[key]; a whole number is also int(L[key])"


def is_ledger(node: ast.expr) -> bool:
    """Whether an expression is what `L` has under a key: `L[key]` or `L.get(key, time)`."""
    match node:
        case ast.Subscript(value=ast.Name(id="L")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="L"), attr="get"), args=[_, _], keywords=[]):
            return True
    return False


def read(b: Body, node: ast.expr, kind: Kind) -> Term:
    """`L[key]`, `L.get(key, time)` where a value of a kind is asked for."""
    if not kind.scalar:
        b.refuse(node, f"{kind} is read from L, on the chain", "plain values are read there")
    b.half.ledger = True
    known, content, made = b.name(), b.name(), b.variable(kind)
    if isinstance(node, ast.Subscript):
        key = _key(b, node.slice)
        asked = f"get(self, {key})"
    else:
        assert isinstance(node, ast.Call)
        key = _key(b, node.args[0])
        [time] = b.terms(node.args[1:])
        if time.kind != INT:
            b.refuse(node.args[1], f"a time is whole seconds, not {time.kind}", "now is the time of this block")
        time = b.simple(time)
        b.want(f"{time.text} >= 0", "nothing is stored under this key of L")
        asked = f"get_as_of(self, {key}, convert({time.text}, uint256))"
    b.add(f"{known}: bool = False")
    b.add(f'{content}: Bytes[{MOST_BYTES}] = b""')
    b.add(f"{known}, {content} = staticcall ILedger(_0LEDGER).{asked}")
    b.want(known, "nothing is stored under this key of L")
    b.want(f"slice({content}, 0, 1) == {_tag(kind)}", f"what L has under this key is not {kind}")
    b.add(f"{made} = abi_decode(slice({content}, 1, len({content}) - 1), {kind.vyper})")
    return Term(made, kind, True)


def has(b: Body, key: ast.expr) -> Term:
    """`key in L`."""
    b.half.ledger = True
    known, content = b.variable(BOOL), b.name()
    hashed = _key(b, key)
    b.add(f'{content}: Bytes[{MOST_BYTES}] = b""')
    b.add(f"{known}, {content} = staticcall ILedger(_0LEDGER).get(self, {hashed})")
    return Term(known, BOOL, True)


def write(b: Body, target: ast.Subscript, value: ast.expr) -> None:
    """`L[key] = value`."""
    [given] = b.terms([value])
    if not given.kind.scalar:
        b.refuse(value, f"{given.kind} is written to L, on the chain", "plain values are written there")
    given = b.kept(given) if given.literal is None else given
    b.half.ledger = True
    b.changed("L")
    if given.literal is not None:
        name = b.variable(given.kind)
        b.add(f"{name} = {given.text}")
        given = Term(name, given.kind, True)
    written = f"concat({_tag(given.kind)}, abi_encode({given.text}))"
    b.add(f"extcall ILedger(_0LEDGER).set(self, {_key(b, target.slice)}, {written})")


def call(b: Body, node: ast.Call) -> Term:
    """What is asked of a dictionary where no kind is known."""
    assert isinstance(node.func, ast.Attribute)
    assert isinstance(node.func.value, ast.Name)
    store, name = node.func.value.id, node.func.attr
    if store != "L":
        b.refuse(node, f"{store} is not on the chain", "use it in a @private function")
    if name == "get":
        no_kind(b, node)
    b.refuse(node, f"`L.{name}` on the chain", "read one value with L.get(key, time), or the history off the chain")


def no_kind(b: Body, node: ast.AST) -> NoReturn:
    """What L has may be of any kind, and Vyper must know which."""
    b.refuse(node, "nobody knows what kind of value L has there, and the chain must", _HINT)


def _tag(kind: Kind) -> str:
    return f'b"\\x{TAGS[kind.sort]:02x}"'


def _key(b: Body, node: ast.expr) -> str:
    """The hash of a key."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    if len(parts) > 3:
        b.refuse(node, f"{len(parts)} parts are not a key", "L[key], L[table, key] or L[database, table, key]")
    given = [Term('""', TEXT, True, literal="")] * (3 - len(parts)) + b.terms(parts)
    names = [_hashed(b, node, part) for part in given]
    return f"keccak256(concat({', '.join(names)}))"


def _hashed(b: Body, node: ast.AST, part: Term) -> str:
    """A variable with the hash of one part."""
    place = b.name()
    if part.parts:
        inside = ", ".join(_hashed(b, node, each) for each in part.parts)
        b.add(f"{place}: bytes32 = keccak256(concat({_tag(part.kind)}, {inside}))")
        return place
    if part.kind.sort not in (Sort.INT, Sort.BOOL, Sort.TEXT, Sort.ADDRESS):
        b.refuse(node, f"{part.kind} in a key of L", "keys are numbers, texts, booleans, addresses and tuples of them")
    name = b.name()
    b.add(f"{name}: {part.kind.vyper} = {part.text}")
    octets = {
        Sort.INT: f"convert({name}, bytes32)",
        Sort.BOOL: f"slice(convert(convert({name}, uint256), bytes32), 31, 1)",
        Sort.ADDRESS: f"slice(convert({name}, bytes32), 12, 20)",
        Sort.TEXT: f"convert({name}, Bytes[{MOST_TEXT}])",
    }[part.kind.sort]
    b.add(f"{place}: bytes32 = keccak256(concat({_tag(part.kind)}, {octets}))")
    return place
