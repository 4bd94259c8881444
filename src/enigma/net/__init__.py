"""Channels between the seats of a committee, the peer port of a node, and calls between nodes."""

from enigma.net.book import AddressBook
from enigma.net.channel import DEFAULT_DEADLINE, Channel
from enigma.net.door import PEERS, Door, HandedDoor
from enigma.net.endpoint import Endpoint
from enigma.net.gate import Gate
from enigma.net.listener import Listener
from enigma.net.memory import MemoryChannel, memory_mesh, memory_pair
from enigma.net.mesh import PeerAddress, connect_mesh
from enigma.net.peers import PeerClient, PeerServer
from enigma.net.tls_channel import TlsChannel

__all__ = [
    "DEFAULT_DEADLINE",
    "PEERS",
    "AddressBook",
    "Channel",
    "Door",
    "Endpoint",
    "Gate",
    "HandedDoor",
    "Listener",
    "MemoryChannel",
    "PeerAddress",
    "PeerClient",
    "PeerServer",
    "TlsChannel",
    "connect_mesh",
    "memory_mesh",
    "memory_pair",
]
