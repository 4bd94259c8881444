"""What an engine and a cost model ask of a family of secret sharing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy.typing as npt

from enigma.program.node import Node
from enigma.program.ops import Op
from enigma.protocol.renewal import Renewal
from enigma.protocol.session import Joint, Session

Value = npt.NDArray[Any]
"""What one seat holds of a shared array; only the family knows its layout."""


class Family(Protocol):
    """One way of sharing secrets among seats and of computing on the shares."""

    name: str
    seats: int
    holders: tuple[tuple[int, ...], ...]
    renewal: Renewal

    def is_local(self, node: Node) -> bool:
        """Whether a node takes no round."""
        ...

    def public(self, session: Session, op: Op, raw: Value) -> Value:
        """A public operand of `op` as `local` and `joint` take it: raw, or shared trivially."""
        ...

    def local(self, session: Session, node: Node, operands: Sequence[Value]) -> Value:
        """The result of a local node; public operands come as `public` gives them."""
        ...

    def joint(self, session: Session, node: Node, operands: Sequence[Value]) -> Joint[Value]:
        """The protocol of a joint node."""
        ...

    def node_cost(self, node: Node) -> Sequence[tuple[int, ...]]:
        """Bytes by round and seat; as many entries as rounds."""
        ...

    def open_cost(self, node: Node) -> tuple[int, ...]:
        """Bytes by seat of handing one output to its reader."""
        ...
