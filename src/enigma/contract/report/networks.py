"""About how long a program takes: an estimate from its rounds and bytes, for a network that is named.

The numbers of this machine come from docs/performance.md: three seats on two cores move, encrypt and compute about
6 ns for each byte that a seat sends (k-means, comparisons, sorting: 4 to 6), 0.3 ns for each multiplication inside of a
matrix product, and 0.2 ms for each round.
"""

from __future__ import annotations

from dataclasses import dataclass

from enigma.program.cost import Cost
from enigma.program.node import Node, ancestors
from enigma.program.ops import Op
from enigma.program.program import Program

SECONDS_PER_BYTE = 6e-9
SECONDS_PER_MULTIPLICATION = 0.3e-9
SECONDS_PER_ROUND = 0.2e-3


@dataclass(frozen=True, slots=True)
class Network:
    """A kind of network: bits per second of each seat, and the seconds of a round trip."""

    name: str
    bits_per_second: float
    round_trip: float

    def __str__(self) -> str:
        speed = f"{self.bits_per_second / 1e9:g} Gbit/s" if self.bits_per_second >= 1e9 else (
            f"{self.bits_per_second / 1e6:g} Mbit/s"
        )  # fmt: skip
        return f"{speed}, {self.round_trip * 1000:g} ms round trip"


LAN = Network("LAN", 1e9, 0.5e-3)
WAN = Network("WAN", 100e6, 40e-3)

ASSUMPTION = (
    "Times are estimates: in a round every seat sends at once, so that it takes half a round trip; then bytes over "
    "bandwidth, and computing as measured with three seats on two cores."
)


def seconds(cost: Cost, multiplications: int, network: Network) -> float:
    """The estimate for one program."""
    most = max(cost.seat_bytes)
    waiting = cost.rounds * (network.round_trip / 2 + SECONDS_PER_ROUND)
    computing = most * SECONDS_PER_BYTE + multiplications * SECONDS_PER_MULTIPLICATION
    return waiting + most * 8 / network.bits_per_second + computing


def multiplications(program: Program) -> int:
    """Multiplications inside of matrix products."""
    return _multiplications(program.outputs)


def _multiplications(outputs: tuple[Node, ...]) -> int:
    count = 0
    for node in ancestors(outputs):
        if node.op in (Op.DOT, Op.DOT_PUBLIC) and node.secret:
            count += node.size * node.inputs[0].shape[-1]
        elif node.op is Op.LOOP:
            count += node.attrs["count"] * _multiplications(node.attrs["body"])
    return count
