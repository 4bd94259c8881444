"""Rooms handed to real processes, and committees that meet in them."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import pytest
from tests.net.states import until
from tests.net.test_mesh import exchange

from enigma.errors import ArgumentProblem, NetworkError, SeatSilent
from enigma.keys import NodeKey
from enigma.net import Channel, Gate, HandedDoor, Listener, PeerAddress, connect_mesh
from enigma.net.door import knock

ROOMS = [bytes([number]) * 32 for number in (1, 2)]


class Job:
    """A process that holds the doors of some rooms of a gate."""

    def __init__(self, gate: Gate, *rooms: bytes) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) for _ in rooms]
        theirs = [str(end.fileno()) for _, end in pairs]
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("door_process.py"), *theirs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[end.fileno() for _, end in pairs],
        )
        for room, (ours, end) in zip(rooms, pairs, strict=True):
            end.close()
            gate.hand_over(room, ours)

    def tell(self, *words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.__exit__(None, None, None)


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Listener() as listener, Gate(listener) as gate:
        yield gate


@pytest.mark.processes
def test_a_process_serves_the_rooms_it_was_handed(gate: Gate) -> None:
    with Job(gate, *ROOMS) as job:
        for number, room in enumerate(ROOMS):
            job.tell("echo", number)
            with knock(*gate.address, room, 60.0) as visitor:
                visitor.sendall(b"hello")
                assert visitor.recv(5, socket.MSG_WAITALL) == b"hello"
            assert job.answer() == 5
        assert gate.rooms == set(ROOMS)
        assert job.process.stdin is not None
        job.process.stdin.close()
        assert job.process.wait(60) == 0
        assert gate.rooms == frozenset()


@pytest.mark.processes
def test_the_rooms_of_a_killed_process_close(gate: Gate) -> None:
    with Job(gate, *ROOMS) as job, gate.open(b"a room of this process".ljust(32)) as mine:
        job.tell("echo", 0)
        with knock(*gate.address, ROOMS[0], 60.0) as busy, knock(*gate.address, ROOMS[1], 60.0) as waiting:
            busy.sendall(b"alive")
            assert busy.recv(5, socket.MSG_WAITALL) == b"alive"
            until(lambda: gate.counts.admitted == 2, "the second waits in its room")
            job.process.send_signal(signal.SIGKILL)
            for visitor in (busy, waiting):
                with contextlib.suppress(ConnectionError):
                    assert visitor.recv(1) == b""
        job.process.wait(60)
        assert gate.rooms == {b"a room of this process".ljust(32)}
        with contextlib.suppress(ConnectionError), knock(*gate.address, ROOMS[0], 60.0) as late:
            assert late.recv(1) == b""
        with Job(gate, ROOMS[0]) as again:  # the job starts once more, in the same room
            again.tell("echo", 0)
            with knock(*gate.address, ROOMS[0], 60.0) as visitor:
                visitor.sendall(b"again")
                assert visitor.recv(5, socket.MSG_WAITALL) == b"again"
        assert mine.accept() is None


@pytest.mark.processes
def test_two_committees_of_three_nodes_share_three_ports() -> None:
    """Each node has one port and one process for each job; the seats sit differently in the two."""
    keys = [NodeKey.generate() for _ in range(3)]
    seats = [[0, 1, 2], [2, 0, 1]]
    with contextlib.ExitStack() as stack:
        gates = [stack.enter_context(Gate(stack.enter_context(Listener()))) for _ in keys]
        jobs = [[stack.enter_context(Job(gate, room)) for gate in gates] for room in ROOMS]
        for room, members, processes in zip(ROOMS, seats, jobs, strict=True):
            where = {
                seat: (*gates[node].address, keys[node].certificate_pem().decode()) for node, seat in enumerate(members)
            }
            for node, seat in enumerate(members):
                peers = {peer: address for peer, address in where.items() if peer != seat}
                processes[node].tell("mesh", 0, seat, keys[node].private_bytes().hex(), peers, room.hex())
        for members, processes in zip(seats, jobs, strict=True):
            for node, seat in enumerate(members):
                assert processes[node].answer() == {str(peer): peer for peer in range(3) if peer != seat}
        assert all(gate.counts.admitted >= 4 for gate in gates)


class Nodes:
    """Three nodes with a gate each, in this process."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack = stack
        self.keys = [NodeKey.generate() for _ in range(3)]
        self.gates = [stack.enter_context(Gate(stack.enter_context(Listener()))) for _ in self.keys]

    def peers(self, node: int) -> dict[int, PeerAddress]:
        return {
            peer: PeerAddress(*gate.address, self.keys[peer].certificate_pem())
            for peer, gate in enumerate(self.gates)
            if peer != node
        }

    def connect(self, node: int, door: HandedDoor, room: bytes, deadline: float = 60.0) -> dict[int, Channel]:
        channels = connect_mesh(
            node, self.keys[node], door, self.peers(node), deadline=deadline, session=room, room=room
        )
        for channel in channels.values():
            self.stack.callback(channel.abandon)
        return channels


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with contextlib.ExitStack() as stack:
        yield Nodes(stack)


def test_a_seat_may_come_before_the_others_have_opened_the_room(nodes: Nodes) -> None:
    room = ROOMS[0]
    with ThreadPoolExecutor(3) as pool:
        early = pool.submit(nodes.connect, 0, nodes.stack.enter_context(nodes.gates[0].open(room)), room)
        until(lambda: all(gate.counts.refused >= 2 for gate in nodes.gates[1:]), "it knocked in vain, more than once")
        others = [
            pool.submit(nodes.connect, node, nodes.stack.enter_context(nodes.gates[node].open(room)), room)
            for node in (1, 2)
        ]
        exchange({0: early.result(), 1: others[0].result(), 2: others[1].result()})


def test_meshes_in_two_rooms_stand_at_once(nodes: Nodes) -> None:
    doors = {
        (node, room): nodes.stack.enter_context(gate.open(room))
        for node, gate in enumerate(nodes.gates)
        for room in ROOMS
    }
    with ThreadPoolExecutor(6) as pool:
        made = {(node, room): pool.submit(nodes.connect, node, door, room) for (node, room), door in doors.items()}
        meshes = {place: future.result() for place, future in made.items()}
    for room in ROOMS:
        exchange({node: meshes[node, room] for node in range(3)})


def test_a_room_nobody_opens_is_a_missing_seat(nodes: Nodes) -> None:
    with nodes.gates[0].open(ROOMS[0]) as door, pytest.raises(SeatSilent, match="connecting the committee"):
        nodes.connect(0, door, ROOMS[0], deadline=0.3)
    assert nodes.gates[1].counts.refused > 0


def test_a_gate_that_closes_ends_the_connecting(nodes: Nodes) -> None:
    with nodes.gates[0].open(ROOMS[0]) as door, ThreadPoolExecutor(1) as pool:
        connecting = pool.submit(nodes.connect, 0, door, ROOMS[0])
        until(lambda: nodes.gates[1].counts.refused > 0, "it is under way")
        nodes.gates[0].close()
        with pytest.raises(NetworkError, match="the gate closed this room"):
            connecting.result()


def test_the_name_of_a_room_is_checked(nodes: Nodes) -> None:
    with nodes.gates[0].open(ROOMS[0]) as door, pytest.raises(ArgumentProblem, match="32 bytes"):
        nodes.connect(0, door, b"short")
