"""What a contract remembers between calls as canonical bytes, and back: for whoever keeps it on a disk."""

from enigma.contract.keeping.decoding import decode
from enigma.contract.keeping.encoding import encode, held_in, state_hash
from enigma.contract.keeping.kept import MAX_KEPT_BYTES, Kept, remembered

__all__ = ["MAX_KEPT_BYTES", "Kept", "decode", "encode", "held_in", "remembered", "state_hash"]
