"""Reading events: in order, each once, across restarts and reorganisations."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chain.conftest import Chain
from tests.chain.counter import compiled
from tests.chain.proxy import Proxy, port_of

from enigma.chain import events
from enigma.chain.answers import Log
from enigma.chain.connection import Connection
from enigma.chain.events import Cursor, Event, EventReader, Seen, events_of
from enigma.errors import ArgumentProblem, LyingNode, WrongChain

ABI, CODE = compiled().abi, compiled().bytecode


@pytest.fixture
def counter(chain: Chain) -> str:
    return chain.sender().deploy(ABI, CODE, 7)


def steps(found: list[Event]) -> list[int]:
    """What was added; what was taken back is negative."""
    return [-event.values["by"] if event.removed else event.values["by"] for event in found]


@pytest.mark.processes
class TestReading:
    def test_values(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        receipt = sender.send(counter, ABI, "add", 5, "five")
        (event,) = EventReader(chain.connection, counter, ABI).read()
        assert event == Event(
            "Counted",
            {"who": sender.address, "label": event.values["label"], "by": 5, "total": 12},
            counter,
            receipt.block,
            receipt.transaction,
            0,
        )
        assert len(event.values["label"]) == 32  # an indexed text is its hash
        assert events_of(receipt, ABI, counter) == [event]
        assert events_of(receipt, ABI, sender.address) == []

    def test_in_order_once_and_from_where_it_was(
        self, chain: Chain, counter: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(events, "STEP", 3)
        sender = chain.sender(1)
        reader = EventReader(chain.connection, counter, ABI)
        assert reader.read() == []
        found = []
        for by in range(1, 9):
            sender.send(counter, ABI, "add", by)
            if by % 3 == 0:
                chain.mine(by)
            if by == 5:
                found += reader.read()
                reader = EventReader(chain.connection, counter, ABI, cursor=Cursor.of_text(reader.cursor.text()))
        while batch := reader.read():
            found += batch
        assert steps(found) == list(range(1, 9))
        assert reader.read() == []

    def test_from_a_block_and_of_a_name(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        first = sender.send(counter, ABI, "add", 1)
        sender.send(counter, ABI, "add", 2)
        assert steps(EventReader(chain.connection, counter, ABI, start=first.block + 1).read()) == [2]
        assert EventReader(chain.connection, counter, ABI, names=["Nothing"]).read() == []
        with pytest.raises(ArgumentProblem, match="no event Nohting"):
            EventReader(chain.connection, counter, ABI, names=["Nohting"])

    def test_only_what_is_deep_enough(self, chain: Chain, counter: str) -> None:
        reader = EventReader(chain.connection, counter, ABI, confirmations=3)
        chain.sender(1).send(counter, ABI, "add", 1)
        chain.mine(2)
        assert reader.read() == []
        chain.mine(1)
        assert steps(reader.read()) == [1]

    def test_following(self, chain: Chain, counter: str) -> None:
        ended = threading.Event()
        reader = EventReader(chain.connection, counter, ABI)
        chain.sender(1).send(counter, ABI, "add", 1)
        batches = reader.follow(ended, every=0.01)
        assert steps(next(batches)) == [1]
        chain.sender(1).send(counter, ABI, "add", 2)
        assert steps(next(batches)) == [2]
        ended.set()
        assert list(batches) == []


@pytest.mark.processes
class TestReorganisations:
    def test_what_left_the_chain_is_taken_back_newest_first(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        reader = EventReader(chain.connection, counter, ABI)
        for by in (1, 2, 3):
            sender.send(counter, ABI, "add", by)
        assert steps(reader.read() + reader.read()) == [1, 2, 3]
        stored = reader.cursor.text()
        chain.connection.ask("anvil_reorg", 2, [])
        reader = EventReader(chain.connection, counter, ABI, cursor=Cursor.of_text(stored))
        assert steps(reader.read()) == [-3, -2]
        assert reader.read() == []
        again = chain.sender(2)
        again.send(counter, ABI, "add", 9)
        assert steps(reader.read()) == [9]

    def test_a_failure_while_taking_back_loses_nothing(self, chain: Chain, counter: str) -> None:
        sender = chain.sender(1)
        with Proxy(port_of(chain.url)) as proxy:
            connection = Connection(proxy.url)
            reader = EventReader(connection, counter, ABI)
            sender.send(counter, ABI, "add", 1)
            assert steps(reader.read()) == [1]
            chain.connection.ask("anvil_reorg", 1, [])
            chain.mine(1)
            before = reader.cursor
            proxy.tamper = lambda method, params, answer: (
                {**answer, "result": "none"} if method == "eth_getLogs" else answer
            )
            with pytest.raises(LyingNode):
                reader.read()
            assert reader.cursor == before
            proxy.tamper = None
            assert steps(reader.read()) == [-1]
            connection.close()

    def test_a_chain_that_was_reset(self, chain: Chain, counter: str) -> None:
        chain.mine(6)
        cursor = Cursor(0, 6, (Seen(4, "0x" + "11" * 32, ()), Seen(5, "0x" + "22" * 32, ())))
        with pytest.raises(WrongChain, match="4 to 5"):
            EventReader(chain.connection, counter, ABI, cursor=cursor).read()

    def test_a_node_that_has_less_than_before_is_behind_and_nothing_has_left_the_chain(
        self, chain: Chain, counter: str
    ) -> None:
        sender = chain.sender(1)
        reader = EventReader(chain.connection, counter, ABI)
        sender.send(counter, ABI, "add", 1)
        before = chain.connection.head().number
        sender.send(counter, ABI, "add", 2)
        assert steps(reader.read()) == [1, 2]

        def behind(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            if method == "eth_getBlockByNumber":
                number = before if params[0] == "latest" else int(params[0], 16)
                if number > before:
                    return {**answer, "result": None}
                if params[0] == "latest":
                    block = chain.connection.ask(method, hex(before), False)
                    return {**answer, "result": block}
            return answer

        with Proxy(port_of(chain.url), behind) as proxy:
            connection = Connection(proxy.url)
            again = EventReader(connection, counter, ABI, cursor=reader.cursor)
            for _ in range(2):
                with pytest.raises(LyingNode, match="ends before it now"):
                    again.read()
            assert again.cursor == reader.cursor
            proxy.tamper = None
            sender.send(counter, ABI, "add", 3)
            assert steps(again.read()) == [3]
            connection.close()

    def test_a_whole_short_history_may_change(self, chain: Chain, counter: str) -> None:
        start = chain.connection.head().number + 1
        reader = EventReader(chain.connection, counter, ABI, start=start)
        chain.sender(1).send(counter, ABI, "add", 1)
        assert steps(reader.read()) == [1]
        chain.connection.ask("anvil_reorg", 1, [])
        assert steps(reader.read()) == [-1]
        chain.sender(2).send(counter, ABI, "add", 2)
        assert steps(reader.read()) == [2]

    def test_a_node_that_changes_its_mind_at_each_reading(self, chain: Chain, counter: str) -> None:
        chain.mine(4)
        turn = iter(range(1, 10_000))

        def drift(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
            if method == "eth_getBlockByNumber" and answer["result"] and params[0] != "latest":
                answer["result"]["parentHash"] = "0x" + next(turn).to_bytes(32, "big").hex()
            return answer

        with Proxy(port_of(chain.url), drift) as proxy:
            connection = Connection(proxy.url)
            with pytest.raises(LyingNode):
                EventReader(connection, counter, ABI).read()
            connection.close()


@pytest.mark.processes
def test_a_log_that_does_not_decode_moves_nothing(chain: Chain, counter: str) -> None:
    chain.sender(1).send(counter, ABI, "add", 1)

    def cut(method: str, params: list[Any], answer: dict[str, Any]) -> dict[str, Any]:
        if method == "eth_getLogs" and answer["result"]:
            answer["result"][0]["data"] = answer["result"][0]["data"][:-64]
        return answer

    with Proxy(port_of(chain.url), cut) as proxy:
        connection = Connection(proxy.url)
        reader = EventReader(connection, counter, ABI)
        with pytest.raises(LyingNode, match="a log of Counted does not decode"):
            reader.read()
        assert reader.cursor == Cursor(0, 0)
        proxy.tamper = None
        assert steps(reader.read()) == [1]
        connection.close()


LOG = st.builds(
    Log,
    st.just("0x" + "11" * 20),
    st.lists(st.just("0x" + "22" * 32), max_size=3).map(tuple),
    st.binary(max_size=40),
    st.integers(0, 99),
    st.just("0x" + "33" * 32),
    st.just("0x" + "44" * 32),
    st.integers(0, 9),
)
SEEN = st.builds(Seen, st.integers(0, 99), st.just("0x" + "33" * 32), st.lists(LOG, max_size=3).map(tuple))


@given(st.builds(Cursor, st.integers(0, 9), st.integers(0, 99), st.lists(SEEN, max_size=4).map(tuple)))
def test_a_cursor_is_what_was_stored(cursor: Cursor) -> None:
    assert Cursor.of_text(cursor.text()) == cursor


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"first": 0, "next": 0, "trail": [1]}', '{"next": "x"}'])
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(ArgumentProblem, match="no stored cursor"):
        Cursor.of_text(text)
