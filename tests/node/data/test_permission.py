"""What a node asks the chain about kept values, where the chain's node falls behind what it has said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from enigma.chain.artifacts import load
from enigma.errors import ChainProblem, ChainRefused
from enigma.node.data.permission import Permission

REFERENCE, OTHER, SINCE = b"r" * 32, b"o" * 32, 50


class Chain:
    """A node of a chain that has known a reference since block 50."""

    url = "http://chain"
    height = 100

    def head(self) -> Any:
        return SimpleNamespace(number=self.height)

    def reference(self, _: bytes, *, at: int) -> Any:
        if at > self.height:
            raise ChainRefused("header not found")
        return SimpleNamespace(read=None, compute=None) if at >= SINCE else None


def test_a_chain_that_is_behind_erases_nothing() -> None:
    """It may be reading the chain anew, from its first block: a value is not gone because of that."""
    chain = Chain()
    identities = SimpleNamespace(abi=load("Identities").abi, reference=chain.reference)
    controllers = SimpleNamespace(identities=lambda _: identities, leases=lambda _: None, first_block=1, chain_id=1)
    permission = Permission(cast(Any, chain), cast(Any, controllers), 2)
    assert not permission.erased(REFERENCE)
    chain.height = 10
    assert not permission.erased(REFERENCE)
    with pytest.raises(ChainProblem):
        permission.erased(OTHER)
    assert permission.block() == 98
    chain.height = 99  # within the confirmations nothing is amiss
    assert not permission.erased(OTHER)
