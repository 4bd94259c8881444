"""Channels between the seats of a committee."""

from enigma.net.channel import DEFAULT_DEADLINE, Channel
from enigma.net.listener import Listener
from enigma.net.memory import MemoryChannel, memory_mesh, memory_pair
from enigma.net.mesh import PeerAddress, connect_mesh
from enigma.net.tls_channel import TlsChannel

__all__ = [
    "DEFAULT_DEADLINE",
    "Channel",
    "Listener",
    "MemoryChannel",
    "PeerAddress",
    "TlsChannel",
    "connect_mesh",
    "memory_mesh",
    "memory_pair",
]
