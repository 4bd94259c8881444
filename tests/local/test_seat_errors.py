"""What goes wrong inside a seat arrives as what it is, with its hint; what the client can refuse ends no committee."""

from __future__ import annotations

import subprocess
import sys

import pytest

import enigma
from enigma.array import Array
from enigma.errors import ArgumentProblem, SeatLost, WireError
from enigma.local.committee import LocalCommittee
from enigma.local.processes import SeatProcesses
from enigma.program.program import trace

pytestmark = pytest.mark.processes


def test_a_discarded_array_is_refused_and_the_committee_goes_on() -> None:
    with enigma.local() as committee, enigma.plain() as plain:
        for each in (committee, plain):
            x, y = each.share([1, 2], lo=0, hi=5), each.share([3, 4], lo=0, hi=5)
            square = x * x
            each.discard(x)
            for use in (each.reveal, each.compute, each.discard):
                with pytest.raises(ArgumentProblem, match=r"test_seat_errors.py:\d+: this array was discarded before"):
                    use(x if use == each.discard else square)
            assert each.reveal(y + 1).tolist() == [4, 5]


def committee_of_processes() -> SeatProcesses:
    return SeatProcesses(3, family="replicated3", kernels="auto", deadline=60.0)


def test_a_program_for_another_family_is_a_wire_error() -> None:
    with enigma.plain() as plain:
        x: Array = plain.share([1], lo=0, hi=5)
        encoded = trace([x.node]).encode("another")
    processes = committee_of_processes()
    with pytest.raises(WireError, match="a program for engine") as caught:
        processes.ask(
            [{"do": "run", "program": encoded, "stored": [7], "keeps": [], "progress": False}] * 3, "computing"
        )
    assert type(caught.value) is WireError
    assert caught.value.exit_status == 3


def test_a_secret_that_no_seat_stores_is_named() -> None:
    with enigma.plain() as plain:
        encoded = trace([plain.share([1], lo=0, hi=5).node]).encode("replicated3")
    processes = committee_of_processes()
    with pytest.raises(ArgumentProblem, match=r"seat \d stores no secret 7"):
        processes.ask(
            [{"do": "run", "program": encoded, "stored": [7], "keeps": [], "progress": False}] * 3, "computing"
        )


def test_an_unknown_request_is_a_wire_error() -> None:
    processes = committee_of_processes()
    with pytest.raises(WireError, match="knows no request 'sing'"):
        processes.ask([{"do": "sing"}] * 3, "singing")


def test_kernels_that_do_not_exist_are_refused_by_name() -> None:
    with pytest.raises(ArgumentProblem, match="abacus"):
        LocalCommittee(kernels="abacus")


def test_other_numbers_of_seats_come_with_a_hint() -> None:
    for seats in (0, 2, 4):
        with pytest.raises(ArgumentProblem, match=f"a committee of {seats} seats") as caught:
            enigma.local(seats=seats)
        assert "3 seats" in caught.value.hint


def test_a_seat_that_cannot_start_is_a_lost_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: SeatProcesses) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(SeatProcesses, "_start", fail)
    with pytest.raises(SeatLost, match=r"seat \d was lost during: starting"):
        LocalCommittee()
