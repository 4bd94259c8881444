"""What three seats read of the chain during one job: alike, or nothing is stored; and no more than is looked up."""

from __future__ import annotations

from typing import Any

import pytest
from tests.node.job.seats import Seats

from enigma.contract.dictionaries.namespace import key_of
from enigma.contract.vyper.ledger_octets import key_octets
from enigma.errors import ProtocolError, WireError
from enigma.node.job.facts import MOST_QUESTIONS
from enigma.wire import codec

RATES = """
class Rates(Contract):
    @private
    def times(self, x: private[int(0, 9)]):
        require(L["first"] > 1, "the first is too small")
        return reveal(x * L["second"], to=everyone)

    @private
    def many(self, n: int):
        return [key in L for key in range(n)]

    @private
    def long(self):
        return len(L.history("k"))
"""


def question(kind: str, key: Any) -> bytes:
    return codec.encode([kind, key_octets(key_of(key))])


def whole(number: int) -> bytes:
    return b"\x02" + number.to_bytes(32, "big", signed=True)


def rates(first: int = 2, second: int = 5) -> Seats:
    seats = Seats(RATES, {})
    for node in seats.nodes:
        node.facts = {question("latest", "first"): whole(first), question("latest", "second"): whole(second)}
    return seats


def test_what_all_seats_are_told_is_computed_with() -> None:
    seats = rates()
    seats.ask("ann", "times", 3)
    assert seats.settle() == 15


@pytest.mark.parametrize("key", ["first", "second"])
@pytest.mark.parametrize("liar", range(3))
def test_a_seat_that_is_told_something_else_ends_the_attempt(key: str, liar: int) -> None:
    seats = rates()
    # With another first value that seat refuses, while the others compute: they meet all the same.
    seats.nodes[liar].facts[question("latest", key)] = whole(1)
    with pytest.raises(ProtocolError, match=f'differ in what L."{key}". has, at the end of block 0'):
        seats.ask("ann", "times", 3)
    assert all(node.pending is None and not node.signed for node in seats.nodes)


def test_all_that_lie_alike_make_a_refusal() -> None:
    seats = rates(first=1)
    seats.ask("ann", "times", 3)
    assert seats.settle()["refused"].startswith("the first is too small")


def test_what_no_contract_writes_is_no_answer() -> None:
    seats = rates()
    for node in seats.nodes:
        node.facts[question("latest", "first")] = b"\x02\x01"
    with pytest.raises(WireError, match="L is no int256"):
        seats.ask("ann", "times", 3)
    assert all(node.pending is None for node in seats.nodes)


def test_a_job_asks_for_so_much_and_no_more() -> None:
    seats = rates()
    seats.ask("ann", "many", MOST_QUESTIONS)
    assert seats.settle() == [False] * MOST_QUESTIONS
    seats.ask("ann", "many", MOST_QUESTIONS + 1)
    assert f"asks the chain for more than {MOST_QUESTIONS} things" in seats.settle()["refused"]
    for node in seats.nodes:
        node.facts[question("history", "k")] = [300, [[1, b"w" * 20, whole(4)]] * 256]
    seats.ask("ann", "long")
    assert "has 300 values, and a job looks up 256" in seats.settle()["refused"]
