"""Addresses, labels and arrays as they are written in a contract; what one call stores and reads; predicates joined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import enigma
from enigma.contract.reading.source import Source
from enigma.errors import AccessRefused, WrongType
from enigma.local.simulation import SimulatedContract, Simulation

SOMEBODY = "0x00000000000000000000000000000000000000aB"


def contract(body: str) -> SimulatedContract:
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.strip("\n").splitlines())
    return Simulation().deploy_source(Source("written.py", f"class Written(Contract):\n    release = always\n{lines}"))


def test_an_address_is_written_as_it_is_spelled() -> None:
    written = contract(f"""
owner: public[address] = "{SOMEBODY}"
others: public[set[address]] = {{"{SOMEBODY}"}}

@public
def known(self, who: address, also: address = "{SOMEBODY}"):
    return who == "{SOMEBODY}", who == self.owner, who in self.others, who == also
""")
    assert written.known(SOMEBODY) == (True, True, True, True)
    assert written.known("ann") == (False, False, False, False)


def test_labels_stand_for_their_places() -> None:
    written = contract("""
open: public[category("red", "green")] = "green"
shut: private[category("red", "green")] = "green"

@private
def places(self, third: category("red", "green") = "green"):
    return self.open, reveal(self.shut), third
""")
    assert written.places() == (1, 1, 1)


def test_private_arrays_have_defaults_of_their_shape() -> None:
    written = contract("""
row: private[fixed(0, 1)[3]] = [0, 0.5, 1]
grid: private[int(0, 9)[2, 2]] = [[1, 2], [3, 4]]

@private
def both(self):
    return reveal(self.row), reveal(self.grid)
""")
    row, grid = written.both()
    np.testing.assert_array_equal(row, [0, 0.5, 1])
    np.testing.assert_array_equal(grid, [[1, 2], [3, 4]])


@pytest.mark.parametrize("default", ["0", "[0, 1]", "[0, 0.5, 2]", "[[0], [0], [0]]", '["a", 0, 0]'])
def test_defaults_of_another_shape_are_refused(default: str) -> None:
    with pytest.raises(WrongType, match="row is private"):
        contract(f"row: private[fixed(0, 1)[3]] = {default}")


def test_what_a_call_stores_it_can_read() -> None:
    written = contract("""
@private
def both(self, x: private[int(0, 100)]):
    MPC["k"] = x
    DHT["d"] = x
    L["l"] = 7
    found = "k" in MPC, "d" in DHT, "l" in L, ("t", "l") in L, "x" not in MPC
    return found, reveal(MPC["k"] + 1), MPC.declassify("k"), reveal(DHT["d"])
""")
    assert written.both(41) == ((True, True, True, False, True), 42, 41, 41)


PREDICATES = """
friends: public[set[address]]
ages: map[address, private[int(0, 120)]]

@predicate
def friend(self, asker: address):
    return asker in self.friends

@predicate
def adult(self, asker: address):
    return asker in self.ages and self.ages[asker] >= 18

@private
def join(self, age: private[int(0, 120)]):
    self.ages[sender] = age
    self.friends.add(sender)

@private
def store(self, x: private[int(0, 9)]):
    MPC["adults", sender] = x
    MPC.set("adults", x, self.adult)
    MPC.set("both", x, self.friend & self.adult)
    MPC.set("soon", x, self.friend & until(now + 60) | only_me())

@private
def use(self, key: text):
    return reveal(MPC[key] + 1)
"""


@pytest.mark.parametrize(
    ("key", "admitted"),
    [("adults", {"bob"}), ("both", {"bob"}), ("soon", {"ann", "bob", "cyd"})],
)
def test_functions_are_predicates_and_parts_of_them(key: str, admitted: set[str]) -> None:
    written = contract(PREDICATES)
    for name, age in {"bob": 30, "cyd": 12}.items():
        written.as_(name).join(age)
    written.as_("ann").store(4)
    found: dict[str, Any] = {}
    for name in ("ann", "bob", "cyd", "dee"):
        try:
            found[name] = written.as_(name).use(key)
        except AccessRefused:
            continue
    assert found == dict.fromkeys(sorted(admitted), 5)


def test_a_private_predicate_opens_its_answer_alone() -> None:
    written = contract(PREDICATES)
    written.as_("bob").join(30)
    assert written.adult("bob") is True
    assert written.adult(enigma.address("dee")) is False
    assert written.receipt.programs == 0
    written.adult("bob")
    assert written.receipt.programs == 1
