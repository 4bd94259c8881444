"""Who sits on a drawn committee, computed again from the chain alone.

Weighted sampling without replacement, in whole numbers. For step 0, 1, ...: a ticket is keccak(seed | step) modulo the
weights that are left; the node in whose share of the line it falls, in the order of places, leaves the line, and takes
the next seat unless its operator has one already. Among the other operators the chances are then as if those nodes had
never been there. Source: Efraimidis, Spirakis, "Weighted random sampling with a reservoir" (2006), algorithm D, for the
distribution; the controller Committees for the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enigma.errors import ArgumentProblem, ProtocolError

DELAY = 6  # blocks between the request of a draw and its seed
REACH = 256  # blocks in which it can be finished


@dataclass(frozen=True, slots=True)
class Draw:
    """A finished draw as its events tell it: the epoch of the weights, the seed, the weights by place, the seats."""

    contract: bytes
    epoch: int
    seed_block: int
    seed: bytes
    weights: tuple[int, ...]
    nodes: tuple[str, ...]


def seed_of(block_hash: bytes, contract: bytes) -> bytes:
    """The seed of a contract's draw: the hash of the seed block and the contract's id, hashed. 32 bytes each."""
    from eth_utils.crypto import keccak

    return keccak(block_hash + contract)


def places(seed: bytes, weights: Sequence[int], operator_at: Callable[[int], str], seats: int) -> list[int]:
    """The places drawn, in the order of the seats.

    `weights` by place; `operator_at` is asked only for places that a ticket falls on. Raises ArgumentProblem where
    fewer operators have weight than there are seats.
    """
    from eth_utils.crypto import keccak

    left, total = list(weights), sum(weights)
    drawn: list[int] = []
    operators: set[str] = set()
    step = 0
    while len(drawn) < seats:
        if total == 0:
            raise ArgumentProblem(f"{len(drawn)} operators have weight, and the committee has {seats} seats")
        ticket = int.from_bytes(keccak(seed + step.to_bytes(32, "big")), "big") % total
        place = 0
        while ticket >= left[place]:
            ticket -= left[place]
            place += 1
        total -= left[place]
        left[place] = 0
        operator = operator_at(place)
        if operator not in operators:
            operators.add(operator)
            drawn.append(place)
        step += 1
    return drawn


def check_draw(
    draw: Draw,
    *,
    block_hash: bytes,
    weights: Sequence[int],
    node_at: Callable[[int], str],
    operator_of: Callable[[str], str],
) -> None:
    """Goes on only if this committee is the one that the chain's own numbers give.

    `block_hash` is the seed block's; `weights`, `node_at` and `operator_of` are what Nodes says at the block of the
    draw. Raises ProtocolError, saying what differs.
    """
    if seed_of(block_hash, draw.contract) != draw.seed:
        raise ProtocolError(f"the seed of the draw is not that of block {draw.seed_block} and this contract")
    if tuple(weights) != draw.weights:
        raise ProtocolError(f"the weights of the draw are not those of epoch {draw.epoch}")
    found = places(draw.seed, draw.weights, lambda place: operator_of(node_at(place)), len(draw.nodes))
    nodes = tuple(node_at(place) for place in found)
    if nodes != draw.nodes:
        raise ProtocolError(f"the draw gives {', '.join(nodes)}, and the chain seated {', '.join(draw.nodes)}")
