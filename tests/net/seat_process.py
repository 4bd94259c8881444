"""One seat as a process: prints its address, reads its part, exchanges 3 MB with every peer, prints what it heard."""

from __future__ import annotations

import json
import sys

import numpy as np

from enigma.keys import NodeKey
from enigma.net import Listener, connect_mesh


def main() -> None:
    with Listener() as listener:
        sys.stdout.write(json.dumps(listener.address) + "\n")
        sys.stdout.flush()
        seat, private, peers = json.loads(sys.stdin.readline())
        addresses = {int(peer): (host, port, pem.encode()) for peer, (host, port, pem) in peers.items()}
        channels = connect_mesh(seat, NodeKey.from_private_bytes(bytes.fromhex(private)), listener, addresses)
        heard = {}
        for channel in channels.values():
            channel.send(np.full(3_000_000, seat, np.uint8))
        for peer, channel in channels.items():
            into = np.zeros(3_000_000, np.uint8)
            channel.receive_into(into, "three million bytes")
            heard[peer] = int(into.sum(dtype=np.int64))
        for channel in channels.values():
            channel.close()
        sys.stdout.write(json.dumps(heard))


if __name__ == "__main__":
    main()
