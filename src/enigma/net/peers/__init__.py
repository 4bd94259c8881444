"""Calls between the main processes of nodes."""

from enigma.net.peers.client import PeerClient
from enigma.net.peers.server import PeerServer

__all__ = ["PeerClient", "PeerServer"]
