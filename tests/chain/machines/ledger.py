"""Ledger against a plain model: what stood at any time, at any block, and who wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.chain.machines.bench import Bench

from enigma.chain.ledger import Ledger

WHO = st.integers(0, 2)
KEY = st.integers(0, 1)


@dataclass
class Archive:
    """What a machine is made with: `shared` is an identity in which persons 0 and 1 may STORE."""

    bench: Bench
    ledger: Ledger
    shared: str


class LedgerMachine(RuleBasedStateMachine):
    """Three people write in spaces of their own and in a shared one."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self.archive, self.bench, self.ledger = archive, archive.bench, archive.ledger
        self.people = archive.bench.people[:3]

    @initialize()
    def begin(self) -> None:
        self.bench.restart()
        self.history: dict[tuple[str, int], list[tuple[int, int, str, bytes]]] = {}
        self.last: tuple[str, int] = (self.archive.shared, 0)

    @rule(who=WHO, key=KEY, value=st.binary(max_size=70), shared=st.booleans())
    def append(self, who: int, key: int, value: bytes, shared: bool) -> None:
        person = self.people[who]
        space = self.archive.shared if shared else person
        args = (space, bytes([key]) * 32, value)
        if shared and who == 2:
            assert "no right to STORE" in self.bench.refusal(person, self.ledger, "set", *args)
            return
        self.bench.send(person, self.ledger, "set", *args)
        time, block = self.bench.newest()
        self.history.setdefault((space, key), []).append((time, block, person, value))
        self.last = (space, key)

    @rule(who=WHO, other=WHO, key=KEY)
    def write_in_anothers_space(self, who: int, other: int, key: int) -> None:
        if who != other:
            args = (self.people[other], bytes([key]) * 32, b"x")
            assert "no right to STORE" in self.bench.refusal(self.people[who], self.ledger, "set", *args)

    @rule(seconds=st.sampled_from([1, 2, 1000]))
    def pass_time(self, seconds: int) -> None:
        self.bench.pass_time(seconds)

    @rule(space=st.integers(0, 3), key=KEY, back=st.integers(0, 20))
    def look_back(self, space: int, key: int, back: int) -> None:
        place = [*self.people, self.archive.shared][space], key
        time, block = self.bench.newest()
        self.compare(place, time - back, max(block - back, 0))

    def compare(self, place: tuple[str, int], time: int, block: int) -> None:
        entries = self.history.get(place, [])
        space, key = place[0], bytes([place[1]]) * 32
        by_time = [value for at, _, _, value in entries if at <= time]
        by_block = [value for _, at, _, value in entries if at <= block]
        for function, asked, values in (("get_as_of", time, by_time), ("get_as_of_block", block, by_block)):
            found = self.bench.read(self.ledger.address, self.ledger.abi, function, space, key, asked)
            assert tuple(found) == ((True, values[-1]) if values else (False, b""))

    @invariant()
    def the_last_key_has_its_whole_history(self) -> None:
        entries = self.history.get(self.last, [])
        space, key = self.last[0], bytes([self.last[1]]) * 32
        address, abi = self.ledger.address, self.ledger.abi
        assert self.bench.read(address, abi, "history_length", space, key) == len(entries)
        newest = (True, entries[-1][3]) if entries else (False, b"")
        assert tuple(self.bench.read(address, abi, "get", space, key)) == newest
        if entries:
            middle = len(entries) // 2
            assert tuple(self.bench.read(address, abi, "entry", space, key, middle)) == entries[middle]
            self.compare(self.last, entries[middle][0], entries[middle][1] - 1)
