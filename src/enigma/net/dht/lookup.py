"""The iterative lookup, over disjoint paths, without I/O: whom to ask next, given what was answered.

Kademlia (section 2.3): ask the nearest known nodes for nearer ones, until the nearest have all answered. S/Kademlia
(Baumgart and Mies, ICPADS 2007, section 4.4): several paths at once, no node asked by two of them, so that a node that
lies spoils one path only. We differ in that a node known to several paths falls to the first that reaches it, and that
paths end when the nearest nodes they know have been asked by whichever path.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable

from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.metric import Metric


class _Path:
    """What one path knows, nearest first, and how many of its calls are in flight."""

    __slots__ = ("asking", "known", "seen")

    def __init__(self) -> None:
        self.known: list[tuple[int, NodeId]] = []
        self.seen: set[NodeId] = set()
        self.asking = 0


class Lookup:
    """One search for the nodes nearest to a key. `width`: how many nearest nodes have to answer before it ends."""

    def __init__(
        self,
        key: Key,
        start: Iterable[NodeId],
        *,
        own: NodeId,
        admitted: Callable[[NodeId], bool],
        metric: Metric,
        width: int,
        alpha: int,
        paths: int,
    ) -> None:
        self._key, self._own, self._admitted, self._metric = key, own, admitted, metric
        self._width, self._alpha = width, alpha
        self._paths = [_Path() for _ in range(paths)]
        self._hop: dict[NodeId, int] = {}
        self._taken: dict[NodeId, _Path] = {}
        self._failed: set[NodeId] = set()
        self._answered: list[tuple[int, NodeId]] = []
        self.strangers = 0
        """Contacts that others told of and that are not admitted: never asked."""
        near = sorted((metric.distance(node, key), node) for node in dict.fromkeys(start) if self._counts(node))
        for place, (distance, node) in enumerate(near):
            self._learn(self._paths[place % paths], distance, node, hop=1)

    def next(self) -> list[NodeId]:
        """The nodes to ask now; each node is given out once. Empty while answers are waited for, and at the end."""
        asked = []
        for path in self._paths:
            while path.asking < self._alpha:
                node = next((node for _, node in path.known[: self._width] if node not in self._taken), None)
                if node is None:
                    break
                self._taken[node] = path
                path.asking += 1
                asked.append(node)
        return asked

    def answered(self, node: NodeId, contacts: Iterable[NodeId]) -> None:
        """A node answered, and told of these contacts: at most `width` count, and only admitted ones."""
        path = self._taken[node]
        path.asking -= 1
        insort(self._answered, (self._metric.distance(node, self._key), node))
        for contact in list(contacts)[: self._width]:
            if self._counts(contact) and contact not in path.seen:
                self._learn(path, self._metric.distance(contact, self._key), contact, hop=self._hop[node] + 1)

    def failed(self, node: NodeId) -> None:
        """A node did not answer, or not properly."""
        self._taken[node].asking -= 1
        self._failed.add(node)
        distance = self._metric.distance(node, self._key)
        for path in self._paths:
            path.known = [each for each in path.known if each != (distance, node)]

    def closest(self, count: int) -> list[NodeId]:
        """The nearest of the nodes that answered, nearest first."""
        return [node for _, node in self._answered[:count]]

    @property
    def hops(self) -> int:
        """How many calls, one after the other, it took to hear from the nearest node; 0 where nobody answered."""
        return self._hop[self._answered[0][1]] if self._answered else 0

    @property
    def asked(self) -> int:
        """How many nodes were asked."""
        return len(self._taken)

    def _counts(self, node: NodeId) -> bool:
        if node == self._own or node in self._failed:
            return False
        if not self._admitted(node):
            self.strangers += 1
            return False
        return True

    def _learn(self, path: _Path, distance: int, node: NodeId, hop: int) -> None:
        self._hop.setdefault(node, hop)
        path.seen.add(node)
        insort(path.known, (distance, node))
        if len(path.known) > 4 * self._width:
            # What lies so far out is never asked. It stays in `seen`, and so does not come back.
            path.known.pop()
