"""A network of DHT nodes in this process: a virtual clock, seeded chance, crashes, cuts and liars; a run repeats."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, TypeVar

from enigma.errors import EnigmaError, NetworkError
from enigma.net.dht import DhtNode, NodeId, Record, Settings, node_id
from enigma.net.dht.messages import Request
from enigma.net.dht.operations import join, maintain
from enigma.net.dht.searching import Call, Operation, Reply
from enigma.wire.codec import Tree

T = TypeVar("T")
START = 1_700_000_000.0
Liar = Callable[["Simulation", NodeId, Request], Tree]


class Shelves:
    """A store that is a dict; what is in it survives its node."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, bytes], bytes] = {}

    def put(self, space: str, key: bytes, value: bytes, *, expires: int | None = None) -> None:
        self.entries[space, key] = value

    def get(self, space: str, key: bytes) -> bytes | None:
        return self.entries.get((space, key))

    def delete(self, space: str, key: bytes) -> None:
        self.entries.pop((space, key), None)

    def keys(self, space: str, prefix: bytes = b"") -> list[bytes]:
        return [key for place, key in self.entries if place == space and key.startswith(prefix)]


class Outcome:
    """What became of an operation: `done`, then `value` or `error`."""

    def __init__(self) -> None:
        self.done = False
        self.value: Any = None
        self.error: EnigmaError | None = None


class Simulation:
    """`registered` is the chain's list, `nodes` those that run. A call takes 20 to 100 ms each way, or its deadline."""

    def __init__(self, seed: int, *, settings: Settings | None = None) -> None:
        self.random = random.Random(seed)
        self.now = START
        self.settings = settings or Settings()
        self.registered: dict[NodeId, None] = {}
        self.nodes: dict[NodeId, DhtNode] = {}
        self.stores: dict[NodeId, Shelves] = {}
        self.side: dict[NodeId, int] = {}
        self.liars: dict[NodeId, Liar] = {}
        self.lease: Callable[[Record], int | None] = lambda record: record.expires
        self.may_read: Callable[[NodeId, Record], bool] | None = None
        self.calls = self.lies = self.timeouts = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    # ------------------------------------------------------------ nodes

    def register(self) -> NodeId:
        new = node_id(self.random.randbytes(20), self.random.randbytes(32))
        self.registered[new] = None
        return new

    def start(self, node: NodeId) -> DhtNode:
        """Run a registered node, on the store that it had before."""
        readers = {} if self.may_read is None else {"may_read": self.may_read}
        self.nodes[node] = DhtNode(
            node,
            admitted=self.registered.__contains__,
            lease=lambda record: self.lease(record),  # noqa: PLW0108 - tests change it while nodes run
            store=self.stores.setdefault(node, Shelves()),
            clock=lambda: self.now,
            randomness=self.random.randbytes,
            settings=self.settings,
            **readers,
        )
        return self.nodes[node]

    def stop(self, node: NodeId) -> None:
        del self.nodes[node]

    def grow(self, size: int) -> list[NodeId]:
        """Add nodes one after the other; each joins by way of three that run."""
        added = []
        for _ in range(size):
            new = self.register()
            seeds = self.some(3)
            self.start(new)
            if seeds:
                self.run(new, join(self.nodes[new], seeds))
            added.append(new)
        return added

    def some(self, size: int) -> list[NodeId]:
        running = list(self.nodes)
        return self.random.sample(running, min(size, len(running)))

    def cut(self, one_side: Iterable[NodeId]) -> None:
        self.side = dict.fromkeys(one_side, 1)

    def heal(self) -> None:
        self.side = {}

    # ------------------------------------------------------------ time

    def at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), what))

    def until(self, when: float) -> None:
        """Let everything happen that happens before a time."""
        while self._events and self._events[0][0] <= when:
            self._step()
        self.now = when

    def maintaining(self, node: NodeId, every: float) -> None:
        """Maintain a node from now on, for as long as it runs, at intervals of up to a tenth more or less."""
        running = self.nodes[node]

        def again() -> None:
            if self.nodes.get(node) is running:
                self.begin(node, maintain(running, self.random.sample(list(self.registered), 2)))
                self.at(self.now + every * self.random.uniform(0.9, 1.1), again)

        self.at(self.now + every * self.random.random(), again)

    # ------------------------------------------------------------ operations

    def run(self, node: NodeId, operation: Operation[T]) -> T:
        """The result of an operation; time passes until it is there. Raises its error."""
        outcome = self.begin(node, operation)
        while not outcome.done:
            self._step()
        if outcome.error is not None:
            raise outcome.error
        value: T = outcome.value
        return value

    def begin(self, node: NodeId, operation: Operation[Any]) -> Outcome:
        outcome = Outcome()
        self._resume(node, operation, None, outcome)
        return outcome

    def _resume(self, node: NodeId, operation: Operation[Any], reply: Reply | None, outcome: Outcome) -> None:
        if outcome.done:
            return
        try:
            calls = next(operation) if reply is None else operation.send(reply)
        except StopIteration as ended:
            outcome.done, outcome.value = True, ended.value
            return
        except EnigmaError as error:
            outcome.done, outcome.error = True, error
            return
        for call in calls:
            self._call(node, call, lambda reply: self._resume(node, operation, reply, outcome))

    def _call(self, caller: NodeId, call: Call, back: Callable[[Reply], None]) -> None:
        self.calls += 1
        sent = self.now

        def arrive() -> None:
            answer: Tree | None = None
            if self.side.get(caller) == self.side.get(call.node) and call.node in self.nodes:
                try:
                    answer = self._answer(caller, call)
                except NetworkError:
                    answer = None
            if answer is None:
                self.timeouts += 1
            when = self.now + self._latency() if answer is not None else sent + self.settings.call_deadline
            self.at(when, lambda: back(Reply(call, answer)))

        self.at(self.now + self._latency(), arrive)

    def _answer(self, caller: NodeId, call: Call) -> Tree:
        if call.node in self.liars:
            self.lies += 1
            return self.liars[call.node](self, caller, call.request)
        return self.nodes[call.node].serve(caller, call.request.method, call.request.fields)

    def _latency(self) -> float:
        return 0.02 + 0.08 * self.random.random()

    def _step(self) -> None:
        self.now, _, what = heapq.heappop(self._events)
        what()
