"""Machines on one cable: network namespaces, joined by a switch in this process that delays frames and loses some.

Where the kernel has `tc netem`, it does the same; many kernels of virtual machines have not, and a switch of our own
counts what it has lost, so that a test can prove that something was. Each namespace has one TAP device. A namespace
lives as long as a process that reads from a pipe of ours: it is gone when this process is, in whatever way that ends.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.faults.machines import until

Given = TypeVar("Given")

TUN = Path("/dev/net/tun")
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
CLONE_NEWNET = 0x40000000
FRAME = 1 << 16
EVERYBODY = b"\xff" * 6
NEEDED = "run as root on Linux with the programs ip (iproute2), unshare and nsenter (util-linux), and with /dev/net/tun"


def missing() -> str:
    """Why this machine has no namespaces for us, with what to do; empty where it has."""
    lacking = [name for name in ("ip", "unshare", "nsenter") if shutil.which(name) is None]
    if lacking:
        return f"{', '.join(lacking)}: not installed; {NEEDED}"
    if not TUN.exists() or not os.access(TUN, os.R_OK | os.W_OK):
        return f"{TUN} cannot be opened; {NEEDED}"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
    return f"no namespace can be made ({tried.stderr.strip()}); {NEEDED}" if tried.returncode else ""


class Namespace:
    """One machine on the cable, with the address `host`; commands that begin with `within` run in it."""

    def __init__(self, number: int, prefix: str) -> None:
        self.host = f"{prefix}.{number}"
        self.physical = bytes((2, 0, 0, 0, 0, number))
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.path = f"/proc/{self._holder.pid}/ns/net"
        self.within = ("nsenter", f"--net={self.path}")
        ours = Path("/proc/self/ns/net").readlink()
        until(lambda: Path(self.path).readlink() != ours and self._program() == "cat")
        device = f"enigma{number}"
        self.tap = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
            _run("ip", "link", "set", device, "address", ":".join(f"{each:02x}" for each in self.physical))
            _run("ip", "link", "set", device, "netns", str(self._holder.pid))
            _run(*self.within, "ip", "address", "add", f"{self.host}/24", "dev", device)
            _run(*self.within, "ip", "link", "set", device, "up")
            _run(*self.within, "ip", "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it; its device goes with it."""
        os.close(self.tap)
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait()

    def do(self, work: Callable[[], Given]) -> Given:
        """Work in it, on a thread of its own. What the thread starts, threads and processes, is in it as well."""
        gave: list[Given] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                with Path(self.path).open("rb") as file:
                    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "this thread cannot enter the namespace")
                gave.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below, on the caller's thread
                failed.append(error)

        thread = threading.Thread(target=run, name=f"within {self.host}")
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return gave[0]

    def _program(self) -> str:
        return Path(f"/proc/{self._holder.pid}/comm").read_text(encoding="ascii").strip()


class Wire:
    """The switch. `delay`: seconds that each frame is under way; `loss`: the share of frames that do not arrive."""

    def __init__(self, ends: list[Namespace], seed: int) -> None:
        self.delay, self.loss = 0.0, 0.0
        self.carried, self.lost = 0, 0
        self._drawn = random.Random(seed)
        self._places = {end.physical: end.tap for end in ends}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Carry nothing more."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        taps = list(self._places.values())
        under_way: list[tuple[float, int, int, bytes]] = []
        order = itertools.count()
        while not self._ending.is_set():
            soonest = under_way[0][0] - time.monotonic() if under_way else 0.2
            ready, _, _ = select.select(taps, [], [], min(0.2, max(0.0, soonest)))
            for tap in ready:
                for frame in _frames(tap):
                    if self._drawn.random() < self.loss:
                        self.lost += 1
                        continue
                    for place in self._towards(frame, tap):
                        heapq.heappush(under_way, (time.monotonic() + self.delay, next(order), place, frame))
            now = time.monotonic()
            while under_way and under_way[0][0] <= now:
                _, _, place, frame = heapq.heappop(under_way)
                self.carried += _sent(place, frame)

    def _towards(self, frame: bytes, origin: int) -> list[int]:
        one = self._places.get(frame[:6])
        if one is not None:
            return [one]
        return [tap for tap in self._places.values() if tap != origin] if frame[0] & 1 else []


@contextmanager
def cable(count: int, *, prefix: str = "10.77.0", seed: int = 1) -> Iterator[tuple[list[Namespace], Wire]]:
    """So many namespaces, and the wire between them."""
    ends: list[Namespace] = []
    try:
        ends.extend(Namespace(number, prefix) for number in range(1, count + 1))
        wire = Wire(ends, seed)
        try:
            yield ends, wire
        finally:
            wire.close()
    finally:
        for each in ends:
            each.close()


def _frames(tap: int) -> Iterator[bytes]:
    """What waits at a device, at most so many that others have their turn."""
    for _ in range(64):
        try:
            yield os.read(tap, FRAME)
        except OSError:  # nothing more, or the device is down
            return


def _sent(tap: int, frame: bytes) -> bool:
    try:
        os.write(tap, frame)
    except OSError:  # its queue is full, or it is down: lost, as on any network
        return False
    return True


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
