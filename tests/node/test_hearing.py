"""What an event leads to at a node that has not heard what came before it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from enigma.chain.events import Event
from enigma.node.docket import Docket
from enigma.node.hearing import Hearing

CONTRACT, JOB = b"c" * 32, 7


def heard(name: str, values: dict[str, Any], block: int, controller: str = "Jobs") -> tuple[Event, str]:
    return Event(name, values, "", block, "0x" + "ab" * 32, 0), controller


@pytest.mark.parametrize("ends", ["Expired", "Closed"])
def test_a_seat_that_was_taken_while_a_job_was_open_wakes_when_its_time_is_over(ends: str) -> None:
    """The chain puts all seats to sleep then, also of a node that never knew the job; who sleeps is replaced."""
    seats: list[str] = []
    woken: list[bytes] = []
    contracts = SimpleNamespace(seated=lambda _: seats or None, look=lambda _: seats.append("mine"))
    hearing = Hearing(
        "A", cast(Any, None), cast(Any, None), cast(Any, contracts), cast(Any, None), cast(Any, None), Docket(),
        cast(Any, None), cast(Any, SimpleNamespace(wake=woken.append)), lambda _: None, lambda _: None,
    )  # fmt: skip
    asked = {"job": JOB, "contract": CONTRACT, "asker": "0x" + "11" * 20, "function": bytes(4), "commitments": [],
             "deadline": 100}  # fmt: skip
    hearing.take(*heard("Published", {"contract": CONTRACT, "terms": [0, 0, 0, 50]}, 1, "Committees"))
    hearing.take(*heard("Requested", asked, 2))
    hearing.take(*heard("Replaced", {"contract": CONTRACT}, 3, "Committees"))
    assert woken == []
    hearing.take(*heard(ends, {"job": JOB}, 4))
    assert woken == [CONTRACT]
