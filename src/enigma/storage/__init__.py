"""A node's store: opaque bytes by space and key, encrypted and authenticated at rest."""

from enigma.storage.records import CHUNK, Damage
from enigma.storage.store import Store

__all__ = ["CHUNK", "Damage", "Store"]
