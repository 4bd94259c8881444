"""Which nodes keep the shares of a secret: found by everybody alike, from what the chain says, without asking anybody.

The white paper (Zyskind, Nathan, Pentland 2015) modifies Kademlia's distance by the "preferential probability of a
node", and gives no formula. XOR divided by a weight does not give such probabilities: with fixed ids the part of all
keys that is nearest to a node follows from how the ids happen to lie, and differs several times over between nodes of
equal weight. `Weighted` scrambles the XOR distance first; then the probability is the weight's part of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from enigma.errors import ArgumentProblem
from enigma.net.dht.identity import Key, NodeId
from enigma.net.dht.metric import Metric, Weighted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node as the chain knows it at one block. `weight` is its preference: any whole number; 0 is never placed."""

    node: NodeId
    operator: str
    weight: int


def place(key: Key, candidates: Iterable[Candidate], count: int, *, metric: Metric | None = None) -> tuple[NodeId, ...]:
    """The `count` nodes for a key, nearest first, no two of one operator.

    `metric`: `Weighted` by the candidates' weights unless another is given. An operator's part is the sum of its nodes'
    weights, so that splitting a deposit over several nodes gains nothing. Raises ArgumentProblem where fewer operators
    have weight, or where a node stands twice.
    """
    listed = list(candidates)
    if len({candidate.node for candidate in listed}) != len(listed):
        raise ArgumentProblem("a node stands twice among the candidates of a placement")
    eligible = [candidate for candidate in listed if candidate.weight != 0]
    chosen = metric or Weighted({candidate.node: candidate.weight for candidate in eligible})
    eligible.sort(key=lambda candidate: (chosen.distance(candidate.node, key), candidate.node))
    placed: dict[str, NodeId] = {}
    for candidate in eligible:
        placed.setdefault(candidate.operator, candidate.node)
        if len(placed) >= count:
            break
    if len(placed) < count:
        raise ArgumentProblem(
            f"{count} shares need nodes of {count} operators, and {len(placed)} have weight",
            hint="Wait until more operators have registered, or use a smaller committee.",
        )
    return tuple(placed.values())[:count]
