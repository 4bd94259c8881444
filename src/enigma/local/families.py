"""The protocol families that a committee can run, and how their owners and readers share and reconstruct."""

from __future__ import annotations

from types import ModuleType

from enigma.protocol.family import Family
from enigma.protocol.replicated3.family import Replicated3
from enigma.sharing import replicated3

FAMILIES: dict[str, tuple[Family, ModuleType]] = {"replicated3": (Replicated3(), replicated3)}
