"""The protocol families that a committee can run, each with its way of sharing."""

from __future__ import annotations

from enigma.protocol.family import Family
from enigma.protocol.replicated3.family import Replicated3
from enigma.sharing import replicated3
from enigma.sharing.family import Sharing

FAMILY = "replicated3"
"""The one of a network's contracts."""
FAMILIES: dict[str, tuple[Family, Sharing]] = {FAMILY: (Replicated3(), replicated3)}
