"""`WorldCommittee`: the surface of `enigma.local(...)` with all seats in this process, for tests of what users write.

The same protocols and the same numbers as between processes, in lock step, repeatable bit for bit from a seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from enigma.algebra import kernels
from enigma.algebra.prg import KEY_BYTES
from enigma.array.committee import Committee, want_stored
from enigma.array.literals import Raw
from enigma.program.cost import Cost, cost
from enigma.program.program import Program, decode
from enigma.program.types import Type
from enigma.protocol.family import Value
from enigma.protocol.replicated3.family import Replicated3
from enigma.sharing import replicated3
from enigma.testing.world import Tamper, Traffic, World


class WorldCommittee(Committee):
    """Three seats in this process.

    `seed` fixes all randomness. `tamper` changes messages on their way, like an adversary between the seats. Every run
    is audited unless `audit` is False: a message whose masks do not hide it raises `ProtocolError`.
    """

    def __init__(
        self,
        seed: bytes = b"world",
        *,
        kernels_name: Literal["auto", "native", "plain"] = "auto",
        tamper: Tamper | None = None,
        audit: bool = True,
    ) -> None:
        self._family = Replicated3()
        self._kernels = kernels.load(kernels_name)
        self._seed, self._tamper, self._audit = seed, tamper, audit
        self._held: list[dict[int, Value]] = [{} for _ in range(self._family.seats)]
        self._stored, self._runs = 0, 0
        self.traffic = Traffic()
        self.measured = Cost(0, (0,) * self._family.seats)

    def _store(self, raw: Raw, type_: Type) -> int:
        index = self._stored
        self._stored += 1
        material = hashlib.sha256(self._seed + b"/secret/" + index.to_bytes(8, "little")).digest()
        deliveries = replicated3.split(raw, (material[:KEY_BYTES], material[KEY_BYTES:]))
        for held, delivery in zip(self._held, deliveries, strict=True):
            held[index] = replicated3.receive(delivery, raw.shape, type_.is_bool)
        return index

    def run(self, program: Program, stored: Sequence[int]) -> tuple[list[Raw], list[int]]:
        """One run, of the program as seats would decode it; its traffic and cost are kept until the next."""
        want_stored(stored, self._held[0])
        self._runs += 1
        seed = self._seed + b"/run/" + self._runs.to_bytes(8, "little")
        world = World(self._family, self._kernels, seed, self._tamper, audit=self._audit)
        received = decode(program.encode(self._family.name), self._family.name)
        named = [x.attrs["index"] for x in received.inputs]
        inputs = [{i: held[index] for i, index in zip(named, stored, strict=True)} for held in self._held]
        outputs = world.evaluate(received.outputs, inputs)
        opened = [x for x in received.reveals if x.secret]
        sent = list(world.traffic.seat_bytes(self._family.seats))
        for node in opened:
            sent = [a + b for a, b in zip(sent, self._family.open_cost(node), strict=True)]
        self.traffic = world.traffic
        self.measured = Cost(world.traffic.rounds + bool(opened), tuple(sent))
        count = len(received.reveals)
        values = [
            replicated3.reconstruct([found[i] for found in outputs]) if node.secret else outputs[0][i]
            for i, node in enumerate(received.reveals)
        ]
        keeps = []
        for i in range(count, len(received.outputs)):
            for held, found in zip(self._held, outputs, strict=True):
                held[self._stored] = np.ascontiguousarray(found[i])
            keeps.append(self._stored)
            self._stored += 1
        return values, keeps

    def forget(self, stored: Sequence[int]) -> None:
        """See `Committee.forget`."""
        want_stored(stored, self._held[0])
        for held in self._held:
            for index in stored:
                held.pop(index, None)

    def cost_of(self, program: Program) -> Cost:
        """See `Committee.cost_of`."""
        return cost(program, self._family)

    def close(self) -> None:
        """Forget everything that was shared."""
        for held in self._held:
            held.clear()
