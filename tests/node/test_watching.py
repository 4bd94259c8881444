"""What an operator is told about jobs: each change once, with counts and seconds."""

from __future__ import annotations

import pytest

from enigma.chain.jobs import Request
from enigma.node import watching
from enigma.node.docket import Docket, Job
from enigma.node.states import JobEvent
from enigma.node.watching import Watch

Told = list[tuple[str, int, dict[str, object]]]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    found: Told = []

    def event(name: str, /, *, level: int = 20, **fields: object) -> None:
        found.append((name, level, fields))

    monkeypatch.setattr(watching, "event", event)
    return found


def job(number: int) -> Job:
    request = Request.__new__(Request)
    for name in Request.__dataclass_fields__:
        object.__setattr__(request, name, number if name == "job" else bytes(32))
    return Job(request, block=5, time=6, seat=1)


def test_a_job_from_its_beginning_to_its_end(told: Told) -> None:
    clock = Clock()
    watch = Watch(clock)
    docket = Docket(watch)
    watch.live = True
    docket.add(job(3))
    docket.add(job(3))
    docket.happen(3, JobEvent.INPUTS)
    docket.happen(3, JobEvent.BEGUN)
    for doing, seconds in (("meeting", 2), ("program 1", 3), ("program 2", 4), ("program 2", 5)):
        docket.note(3, lambda found, doing=doing: setattr(found, "doing", doing))  # type: ignore[misc]
        clock.now += seconds
    docket.note(3, lambda found: setattr(found, "problem", "seat 2 is silent"))
    docket.happen(3, JobEvent.FAILED)
    docket.happen(3, JobEvent.BEGUN, lambda found: setattr(found, "doing", ""))
    docket.happen(3, JobEvent.FOUND)
    docket.happen(3, JobEvent.SETTLED)
    assert [name for name, level, _ in told if level >= 20] == [
        "job asked", "job ready", "job running", "job has a problem", "job failed and is tried again",
        "job running", "job signed", "job settled",
    ]  # fmt: skip
    assert watch.phases() == {"meeting": 2, "program": 12}
    assert watch.failures == 1
    assert watch.ended == {"settled": 1}
    assert all(fields["job"] == 3 for _, _, fields in told)


def test_what_goes_on_counts_by_now(told: Told) -> None:
    clock = Clock()
    watch = Watch(clock)
    docket = Docket(watch)
    docket.add(job(1))
    docket.happen(1, JobEvent.INPUTS)
    docket.happen(1, JobEvent.BEGUN, lambda found: setattr(found, "doing", "meeting"))
    clock.now = 7
    assert watch.phases() == {"meeting": 7}
    clock.now = 9
    assert watch.phases() == {"meeting": 9}


def test_the_past_is_not_told_again(told: Told) -> None:
    watch = Watch(Clock())
    docket = Docket(watch)
    docket.add(job(1))
    docket.happen(1, JobEvent.SETTLED)
    assert [level for _, level, _ in told] == [10, 10]
    assert not watch.ended["settled"]
