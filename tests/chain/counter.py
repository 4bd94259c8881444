"""A small contract for the tests of connection, sending and events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

SOURCE = """
# pragma version 0.4.3

event Counted:
    who: indexed(address)
    label: indexed(String[32])
    by: uint256
    total: uint256

event Nothing:
    pass

struct Pair:
    who: address
    amounts: DynArray[uint256, 3]

total: public(uint256)
spent: uint256[200]

@deploy
@payable
def __init__(start: uint256):
    assert start < 1000, "a counter starts small"
    self.total = start

@external
@payable
def add(by: uint256, label: String[32] = "none"):
    assert by > 0, "zero is no step"
    self.total += by
    log Counted(who=msg.sender, label=label, by=by, total=self.total)

@external
def add_up_to(by: uint256, limit: uint256):
    assert self.total + by <= limit, "the limit is reached"
    self.total += by

@external
def silent():
    assert self.total == max_value(uint256)

@external
@view
def divide(by: uint256) -> uint256:
    return self.total // by

@external
@view
def pair(who: address) -> Pair:
    return Pair(who=who, amounts=[1, 2])

@external
@view
def both() -> (uint256, bool):
    return self.total, True

@external
@view
def sender() -> address:
    return msg.sender

@external
@view
def index(i: uint256) -> uint256:
    return self.spent[i]

@external
def forever():
    for i: uint256 in range(1000000):
        self.total += 1
"""


@dataclass(frozen=True)
class Compiled:
    abi: list[dict[str, Any]]
    bytecode: str


@cache
def compiled() -> Compiled:
    """The contract, compiled once."""
    from vyper import compile_code

    made = compile_code(SOURCE, output_formats=["abi", "bytecode"])
    return Compiled(made["abi"], made["bytecode"])
