"""What a node's refusal of a signed transaction means. Nodes say it in their own words, and only in words.

The words are those of geth, reth, Nethermind, Besu, Erigon and anvil.
"""

from __future__ import annotations

from enum import Enum, auto


class Refusal(Enum):
    """What became of a transaction that a node did not simply take."""

    KNOWN = auto()
    """The node has it: in its pool, or mined."""
    NONCE_USED = auto()
    """A transaction with this nonce is mined: this one, or another."""
    UNDERPRICED = auto()
    """Another with this nonce is in the pool and this one does not pay enough to replace it, or to be kept."""
    NO_FUNDS = auto()
    """The account cannot pay it."""
    UNKNOWN = auto()
    """No answer: it may have arrived."""
    FINAL = auto()
    """It will never be taken as it is."""


_WORDS = {
    Refusal.KNOWN: ("already known", "already imported", "known transaction", "already in mempool", "alreadyknown"),
    Refusal.NONCE_USED: ("nonce too low", "oldnonce", "nonce is too low", "nonce below"),
    Refusal.UNDERPRICED: (
        "underpriced", "replacement", "fee too low", "less than block base fee", "feetoolow", "gas price too low",
    ),
    Refusal.NO_FUNDS: ("insufficient funds", "insufficientfunds", "insufficient balance", "upfront cost exceeds"),
}  # fmt: skip


def classify(reason: str) -> Refusal:
    """The meaning of a node's words."""
    said = reason.lower()
    return next((kind for kind, words in _WORDS.items() if any(word in said for word in words)), Refusal.FINAL)
