"""A job's process as a gate sees it: holds the doors that it inherited, and does what it is told.

Arguments: the descriptors of its doors. Lines on its input: `["echo", door]` takes one connection and sends back what
comes on it, up to its end; `["mesh", door, seat, key, peers, room]` connects a mesh by that door, tells every peer its
number and answers with what it heard. One line of answer each.
"""

from __future__ import annotations

import json
import select
import socket
import sys
from typing import Any

from enigma.keys import NodeKey
from enigma.net import HandedDoor, connect_mesh


def come_in(door: HandedDoor) -> socket.socket:
    poll = select.poll()
    poll.register(door.fileno(), select.POLLIN)
    while (connection := door.accept()) is None:
        poll.poll()
    return connection


def echo(door: HandedDoor) -> int:
    with come_in(door) as connection:
        echoed = 0
        while words := connection.recv(4096):
            connection.sendall(words)
            echoed += len(words)
        return echoed


def mesh(door: HandedDoor, seat: int, key: str, peers: dict[str, Any], room: str) -> dict[int, int]:
    addresses = {int(peer): (host, port, pem.encode()) for peer, (host, port, pem) in peers.items()}
    private = NodeKey.from_private_bytes(bytes.fromhex(key))
    channels = connect_mesh(seat, private, door, addresses, session=bytes.fromhex(room), room=bytes.fromhex(room))
    heard = {}
    for channel in channels.values():
        channel.send(bytes([seat]))
    for peer, channel in channels.items():
        into = bytearray(1)
        channel.receive_into(into, "its number")
        heard[peer] = into[0]
    for channel in channels.values():
        channel.close()
    return heard


def main() -> None:
    doors = [HandedDoor(socket.socket(fileno=int(number))) for number in sys.argv[1:]]
    for line in sys.stdin:
        match json.loads(line):
            case ["echo", door]:
                answer: object = echo(doors[door])
            case ["mesh", door, seat, key, peers, room]:
                answer = mesh(doors[door], seat, key, peers, room)
            case unknown:
                raise ValueError(unknown)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
