"""The public half of a private contract, as Vyper source: what of it lives on the chain."""

from enigma.contract.vyper.outcome import outcome
from enigma.contract.vyper.public_half import Entry, PublicHalf, Written, public_half

__all__ = ["Entry", "PublicHalf", "Written", "outcome", "public_half"]
