"""A list is one run; and what an operation says happens, happens: a fault that injects nothing proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.node.simulation.contract import CONTRACT
from tests.node.simulation.seat import Seat
from tests.node.simulation.world import World, world

from enigma.chain.jobs import Standing
from enigma.errors import ChainUnreachable, EnigmaError, PeerLost, PeerSilent, StoreFull
from enigma.wire import Tree

LIST: list[tuple[Any, ...]] = [
    ("contribute", 0), ("slow", 1, 2), ("contribute", 1), ("pass_time", 20), ("crash", 2, 60), ("ask", 0),
    ("pass_time", 20), ("restart", 2), ("partition", 0, 1), ("duplicate", 2), ("pass_time", 8), ("reorganise", 2, 1),
    ("heal",), ("withdraw", 1), ("pass_time", 60),
]  # fmt: skip


def history(seed: int) -> list[Any]:
    """All that the chain has of one run, and when each node read it."""
    with world(seed=seed) as made:
        for operation in LIST:
            made.do(operation)
        blocks = [(each.block.timestamp, each.names, [sent.sender for sent in each.sent]) for each in made.chain.blocks]
        told = [(job.number, job.state, job.attempts, job.version) for seat in made.seats for job in seat.docket.all()]
        return [made.scheduler.now, blocks, told, [(method, name) for _, name, method, _ in made.network.calls]]


def test_one_list_and_one_seed_are_one_run() -> None:
    assert history(1) == history(1)


@pytest.fixture
def made() -> Iterator[World]:
    with world(confirmations=0) as found:
        yield found


def outcome(made: World, step: Callable[[], Any]) -> Any:
    """What a step gives, done on a task: its answer, or its error."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(step())
        except EnigmaError as error:
            found.append(error)

    made.scheduler.task("a step", run).start()
    made.scheduler.run(30.0, lambda: bool(found))
    return found[0]


def ready(made: World) -> Any:
    """Seat 0 asks seat 1."""
    return outcome(made, lambda: made.network.call(made.seats[0], made.seats[1].name, "ready", {"job": 1}))


def test_calls_fail_as_they_should(made: World) -> None:
    assert ready(made)["ready"] is False
    made.do(("partition", 0, 1))
    assert isinstance(ready(made), PeerSilent)
    made.do(("heal",))
    assert ready(made)["ready"] is False
    made.do(("lose_answers", 1))
    assert isinstance(ready(made), PeerLost)
    made.do(("reorder", 1))
    assert isinstance(ready(made), PeerSilent)
    before = made.scheduler.now
    made.do(("slow", 1, 2))
    assert ready(made)["ready"] is False
    assert made.scheduler.now >= before + 2
    made.do(("crash", 1, 0))
    assert isinstance(ready(made), PeerLost)


def test_calls_come_again(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    serve = made.seats[1].serve

    def hear(caller: Seat, method: str, tree: Tree) -> Tree:
        heard.append(method)
        return serve(caller, method, tree)

    made.do(("pass_time", 4))  # all have said that they have begun
    made.network.calls.clear()
    monkeypatch.setattr(made.seats[1], "serve", hear)
    made.do(("duplicate", 1))
    ready(made)
    made.do(("pass_time", 4))
    assert heard == ["ready", "ready"]
    made.do(("replay_call", 0))
    made.do(("pass_time", 1))
    assert heard == ["ready", "ready", "ready"]


def test_a_full_disk_takes_nothing_until_there_is_room(made: World) -> None:
    made.do(("fill_disk", 0))
    with pytest.raises(StoreFull):
        made.seats[0].store.put("x", b"k", bytes(1 << 16))
    made.do(("empty_disk", 0))
    made.seats[0].store.put("x", b"k", bytes(1 << 16))


def test_a_process_that_dies_loses_what_it_has_not_written(made: World) -> None:
    made.do(("contribute", 0))
    made.do(("pass_time", 30))
    store, job = made.seats[1].store, made.seats[1].docket.get(1)
    assert job is not None
    assert job.attempts == 1
    made.do(("crash", 1, 1))
    made.do(("contribute", 0))
    made.do(("pass_time", 30))
    assert not made.seats[1].running
    assert made.seats[1].store is not store
    assert made.seats[1].holdings.standing(CONTRACT).job == 1
    assert made.chain.kept.jobs.keys() == {1}  # one seat could not take the upload
    made.do(("restart", 1))
    made.do(("pass_time", 60))
    again = made.seats[1].docket.get(1)
    assert again is not None
    assert (again.state, again.attempts) == (job.state, 0)  # it knows from the chain alone that the job has ended
    assert made.chain.kept.jobs[2].standing is Standing.SETTLED


def test_the_chain_goes_back_and_does_not_answer(made: World) -> None:
    made.do(("contribute", 0))
    made.scheduler.run(60.0, lambda: bool(made.chain.kept.jobs))
    request, head = made.chain.kept.jobs[1].request, made.chain.blocks[-1].block.hash
    made.do(("reorganise", 1, 2))
    assert head not in {each.block.hash for each in made.chain.blocks}
    assert request not in {job.request for job in made.chain.kept.jobs.values()}
    made.do(("unchained", 0))
    with pytest.raises(ChainUnreachable):
        made.seats[0].door.head()
    made.do(("heal",))
    made.do(("lose_chain_answer", 0))
    waits = len(made.chain.waiting)
    assert isinstance(outcome(made, lambda: made.seats[0].jobs.wake(CONTRACT, 0)), ChainUnreachable)
    assert len(made.chain.waiting) == waits + 1  # the chain has it all the same
