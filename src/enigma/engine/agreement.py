"""Before the first run: the seats of a committee agree on shared randomness, and before each run, on the program.

For each set of seats that hold a piece together, every member contributes 32 bytes: signed commitments first, then the
openings. Nobody outside the set hears any of it, and nobody inside chooses the outcome. The keys of one epoch are
derived from the contributions; each run has an epoch of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from enigma.engine.live import Link
from enigma.errors import ProtocolError, WireError
from enigma.keys.agreement import Contribution, check_opening, derive_key
from enigma.keys.node import NodeKey, verify
from enigma.wire import codec
from enigma.wire.codec import Tree
from enigma.wire.frames import HEADER_BYTES, FrameKind, pack_header, unpack_header

CONTEXT = "enigma contribution"
CONTROL_BYTES = 1 << 16

Contributions = dict[tuple[int, ...], list[Contribution]]
"""For each set of holders, its members' contributions in seat order."""


def tell(link: Link, epoch: int, tree: Tree) -> None:
    """Send one small control message."""
    payload = codec.encode(tree)
    link.send(pack_header(FrameKind.CONTROL, epoch, 0, len(payload)) + payload)


def hear(link: Link, epoch: int, step: str, *, limit: int = CONTROL_BYTES) -> Tree:
    """Receive one control message of at most `limit` bytes; `step` names the wait. `WireError`, `NetworkError`."""
    header = bytearray(HEADER_BYTES)
    link.receive_into(header, step)
    payload = bytearray(unpack_header(header, epoch=epoch, round=0, limit=limit, kind=FrameKind.CONTROL))
    link.receive_into(payload, step)
    return codec.decode(bytes(payload), limit=limit)


def exchange(
    links: Mapping[int, Link], epoch: int, tree: Tree, step: str, *, limit: int = CONTROL_BYTES
) -> dict[int, Tree]:
    """Tell every peer the same, and hear what each has to say: by seat. Raises `WireError`, `NetworkError`."""
    for link in links.values():
        tell(link, epoch, tree)
    return {peer: hear(link, epoch, step, limit=limit) for peer, link in links.items()}


def contribute(
    seat: int,
    key: NodeKey,
    members: Mapping[int, bytes],
    links: Mapping[int, Link],
    holders: Sequence[tuple[int, ...]],
    job: bytes,
    random_bytes: Callable[[int], bytes],
) -> Contributions:
    """The contributions of every set in `holders` that `seat` belongs to.

    `members` are the seats' public signing keys; `random_bytes(n)` is the machine's own source of randomness. Raises
    `ProtocolError` when a peer's opening does not match its signed commitment.
    """
    mine = {group: Contribution.fresh(random_bytes) for group in holders if seat in group}
    commitments: dict[tuple[tuple[int, ...], int], bytes] = {}
    for group, contribution in mine.items():
        commitment = contribution.commitment(context=_context(job, group), seat=seat)
        signature = key.sign(CONTEXT, _context(job, group) + commitment)
        for peer in _others(group, seat):
            tell(links[peer], 0, [commitment, signature])
    for group in mine:
        for peer in _others(group, seat):
            commitment, signature = _pair(hear(links[peer], 0, "a commitment to shared randomness"))
            verify(members[peer], CONTEXT, _context(job, group) + commitment, signature)
            commitments[group, peer] = commitment
    for group, contribution in mine.items():
        for peer in _others(group, seat):
            tell(links[peer], 0, [contribution.value, contribution.salt])
    found: Contributions = {}
    for group, contribution in mine.items():
        opened = {seat: contribution}
        for peer in _others(group, seat):
            value, salt = _pair(hear(links[peer], 0, "an opening of shared randomness"))
            opened[peer] = Contribution(value, salt)
            check_opening(commitments[group, peer], opened[peer], context=_context(job, group), seat=peer)
        found[group] = [opened[member] for member in group]
    return found


def epoch_keys(
    contributions: Contributions, *, job: bytes, epoch: int, committee: Sequence[bytes]
) -> dict[tuple[int, ...], bytes]:
    """The PRG keys of one epoch."""
    return {
        group: derive_key(found, job=job, epoch=epoch, committee=committee, holders=group)
        for group, found in contributions.items()
    }


def confirm(seat: int, links: Mapping[int, Link], epoch: int, digest: bytes) -> None:
    """All seats name the program that they are about to run. Raises `ProtocolError` when one names another."""
    for peer, theirs in exchange(links, epoch, digest, "agreement on the program").items():
        if theirs != digest:
            raise ProtocolError(f"seats {seat} and {peer} were given different programs", hint="nothing was computed")


def _context(job: bytes, group: tuple[int, ...]) -> bytes:
    return codec.encode([job, list(group)])


def _others(group: tuple[int, ...], seat: int) -> list[int]:
    return [peer for peer in group if peer != seat]


def _pair(tree: Tree) -> tuple[bytes, bytes]:
    if not (isinstance(tree, list) and len(tree) == 2 and all(isinstance(x, bytes) for x in tree)):
        raise WireError("a contribution is two byte strings")
    first, second = tree
    return bytes(first), bytes(second)
