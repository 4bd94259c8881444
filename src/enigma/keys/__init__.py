"""Identities and the keys that seats draw together."""

from enigma.keys.agreement import Contribution, check_opening, derive_key
from enigma.keys.node import NodeKey, certificate_fingerprint, verify

__all__ = ["Contribution", "NodeKey", "certificate_fingerprint", "check_opening", "derive_key", "verify"]
