"""Which nodes keep a value: those whom its lease pays, else the nearest by preference (deposit, reputation, load).

Everybody who reads the chain finds the same order, and asks nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from enigma.chain.leases import Lease
from enigma.chain.nodes import Nodes
from enigma.net.dht import Candidate, Weighted, reference_key
from enigma.node.data.ids import Ids
from enigma.node.neighbours import Neighbours

COPIES = 3
"""Nodes that keep what no lease pays for."""
SPARE = 3
"""Nodes after those, which keep it where some of the first do not answer."""


class Placing:
    """Ranks nodes for references by their weights in the present epoch. Safe between threads."""

    def __init__(self, nodes: Nodes, ids: Ids, neighbours: Neighbours) -> None:
        self._nodes, self._ids, self._neighbours = nodes, ids, neighbours
        self._turn = threading.Lock()
        self._known: tuple[object, list[Candidate]] = (None, [])

    def ranked(self, reference: bytes, lease: Lease | None) -> list[str]:
        """The nodes that may keep a value, the first ones first, by their names. Raises `ChainProblem`."""
        if lease is not None:
            return [node for seat, node in enumerate(lease.nodes) if seat not in lease.declined]
        candidates = self._candidates()
        metric = Weighted({each.node: each.weight for each in candidates})
        key = reference_key(reference)
        near = sorted(candidates, key=lambda each: (metric.distance(each.node, key), each.node))
        # One operator's nodes can fail together: what is kept three times is kept by three operators, where there are.
        first: dict[str, Candidate] = {}
        for each in near:
            first.setdefault(each.operator, each)
        ordered = [*first.values(), *(each for each in near if first[each.operator] is not each)]
        return [name for each in ordered[: COPIES + SPARE] if (name := self._ids.name(each.node)) is not None]

    def copies(self, ranked: Sequence[str], lease: Lease | None) -> int:
        """How many of the ranked nodes keep a value."""
        return len(ranked) if lease is not None else min(COPIES, len(ranked))

    def _candidates(self) -> list[Candidate]:
        epoch = self._nodes.epoch()
        names = self._neighbours.names()
        mark = (epoch, tuple(names))
        with self._turn:
            if self._known[0] == mark:
                return self._known[1]
        weights = self._nodes.weights(epoch)
        places = {name: each.place for name in names if (each := self._neighbours.registered(name)) is not None}
        found = self._weighed({name: weights[place] for name, place in places.items() if place < len(weights)})
        if len(found) < COPIES:
            # A young network: its nodes count in draws from the next epoch on, and may keep things until then.
            found = self._weighed({name: self._nodes.weight(name) for name in names})
        with self._turn:
            self._known = (mark, found)
        return found

    def _weighed(self, weights: dict[str, int]) -> list[Candidate]:
        found = []
        for name, weight in weights.items():
            node, registered = self._ids.of(name), self._neighbours.registered(name)
            if node is not None and registered is not None and weight > 0 and self._ids.admitted(node):
                found.append(Candidate(node, registered.operator, weight))
        return found
