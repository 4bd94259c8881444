"""What a contract remembers between calls as canonical bytes, and back: for whoever keeps it on a disk."""

from enigma.contract.keeping.decoding import decode
from enigma.contract.keeping.encoding import encode, held_in, state_hash
from enigma.contract.keeping.kept import MAX_KEPT_BYTES, Kept, remembered
from enigma.contract.keeping.withdrawing import Gone, without

__all__ = ["MAX_KEPT_BYTES", "Gone", "Kept", "decode", "encode", "held_in", "remembered", "state_hash", "without"]
