"""What a call gave, as Python has it, and to whom."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

import enigma
from enigma.contract.call import Handed, Slot
from enigma.contract.calling.results import SealedTo, delivered, in_python
from enigma.contract.values.containers import OrderedSet
from enigma.program.types import BOOL, Kind, Type, number

ANN, BOB, CYD = (enigma.address(name) for name in ("ann", "bob", "cyd"))
HALVES = Type(Kind.FIXED, 1, 0, 10)


def test_sealed_numbers_become_pythons_and_arrays_numpys() -> None:
    opened = [np.array(7), np.array([1, 2]), np.array(3), np.array(True), np.array([[True, False]])]
    slots = (
        Slot(0, (ANN,), number(0, 9)),
        Slot(1, (ANN,), number(0, 9)),
        Slot(2, (ANN,), HALVES),
        Slot(3, (ANN,), BOOL),
        Slot(4, (ANN,), BOOL),
    )
    whole, array, real, yes, flags = delivered(slots, opened, ANN).result
    assert (whole, type(whole)) == (7, int)
    assert (array.tolist(), array.dtype) == ([1, 2], np.int64)
    assert (real, type(real)) == (1.5, float)
    assert yes is True
    assert (flags.tolist(), flags.dtype) == ([[True, False]], np.bool_)


def test_everyone_gets_what_is_for_them() -> None:
    result = {
        "mine": Slot(0, (ANN,), number(0, 9)),
        "theirs": [Slot(1, (BOB, CYD), number(0, 9))],
        "all": (1, Decimal("0.5")),
    }
    delivery = delivered(result, [np.array(3), np.array(4)], ANN, {BOB: "bob", CYD: "cyd"}.__getitem__)
    assert delivery.result == {"mine": 3, "theirs": [SealedTo((BOB, CYD))], "all": (1, 0.5)}
    assert repr(delivery.result["theirs"]) == "[<sealed to bob, cyd>]"
    assert delivery.received == ((ANN, 3), (BOB, 4), (CYD, 4))


def test_each_gets_an_array_of_its_own() -> None:
    delivery = delivered(Slot(0, (ANN, BOB), number(0, 9)), [np.array([1, 2])], ANN)
    delivery.result[0] = 9
    delivery.received[0][1][1] = 9
    assert [value.tolist() for _, value in delivery.received] == [[1, 9], [1, 2]]


def test_documents_are_handed_to_their_readers() -> None:
    content = {"half": Decimal("0.5"), "list": [1, Decimal(2)]}
    delivery = delivered([Handed("note", (BOB,)), Handed(content, (ANN, BOB))], [], ANN)
    assert delivery.result == [SealedTo((BOB,)), {"half": 0.5, "list": [1, 2.0]}]
    assert [party for party, _ in delivery.received] == [BOB, ANN, BOB]
    assert repr(delivery.result[0]) == f"<sealed to {BOB}>"


def test_public_values_are_pythons_own() -> None:
    numbers = [Decimal("1.5"), (True, None, "x")]
    kept = {"a": numbers, "b": OrderedSet([ANN, BOB])}
    found = in_python(kept)
    assert found == {"a": [1.5, (True, None, "x")], "b": {ANN, BOB}}
    found["a"].append(1)
    assert len(numbers) == 2
    assert delivered(Decimal("2.5"), [], ANN).result == 2.5
