"""One transcript as JSON: each message, what it is, and whether it is noise; and the sums by phase and peer."""

from __future__ import annotations

from typing import Any

from enigma.errors import WireError
from enigma.node.job.transcript import Heard
from enigma.node.look.noise import measure
from enigma.node.transcripts import Attempted
from enigma.wire import codec

OPENED = "the pieces of a revealed value"
"""The step in which seats tell each other their pieces of what everyone may know: see `enigma.node.job.meeting`."""
LIMIT = 1 << 20

Tree = dict[str, Any]

MASKED = "masked words"
PIECES = "pieces of a value that is revealed to everyone"
CLEAR = "in clear: agreement among the seats"
KEYS = "keys that two seats share: not kept"
SENT = "sent: not kept"


def told(attempt: Attempted, shown: int) -> Tree:
    """The tree of one attempt; `shown`: so many first bytes of each message that came."""
    groups: dict[tuple[str, int, bool, str], list[Heard]] = {}
    for message in attempt.messages:
        groups.setdefault((message.phase, message.peer, message.came, kind(message)), []).append(message)
    together = b"".join(found for each in attempt.messages if (found := noisy(each)) is not None)
    return {
        "attempt": attempt.attempt,
        "begun": attempt.begun,
        "messages": [_message(each, shown) for each in attempt.messages],
        "together": measure(together).tree(),
        "sums": [_sum(*key, those) for key, those in groups.items()],
        "beyond": [
            {"peer": peer, "came": came, "came_bytes": came_bytes, "sent": sent, "sent_bytes": sent_bytes}
            for peer, (came, came_bytes, sent, sent_bytes) in attempt.beyond.items()
        ],
    }


def kind(message: Heard) -> str:
    """What a message is, in words."""
    if message.of_keys:
        return KEYS
    if not message.came:
        return SENT
    if message.of_round:
        return MASKED
    return PIECES if message.step == OPENED else CLEAR


def noisy(message: Heard) -> bytes | None:
    """The bytes of a message that must be noise, as far as they were kept; None where it is none, or not kept."""
    if not message.first:
        return None
    match kind(message):
        case "masked words":
            return message.first
        case "pieces of a value that is revealed to everyone" if len(message.first) == message.size:
            return _pieces(message.first)
    return None


def _pieces(octets: bytes) -> bytes | None:
    """What is in the list that a seat sent, without its frame."""
    try:
        tree = codec.decode(octets, limit=LIMIT)
    except WireError:
        return None
    return b"".join(each for each in tree if isinstance(each, bytes)) if isinstance(tree, list) else None


def _message(message: Heard, shown: int) -> Tree:
    octets = noisy(message)
    return {
        "peer": message.peer, "came": message.came, "milliseconds": message.milliseconds, "phase": message.phase,
        "step": message.step, "is": kind(message), "epoch": message.epoch, "round": message.round,
        "bytes": message.size, "kept_bytes": len(message.first), "sha256": message.digest.hex() or None,
        "noise": None if octets is None else measure(octets).tree(),
        "hex": message.first[:shown].hex() if shown and message.first else None,
    }  # fmt: skip


def _sum(phase: str, peer: int, came: bool, what: str, messages: list[Heard]) -> Tree:
    octets = b"".join(found for each in messages if (found := noisy(each)) is not None)
    return {
        "phase": phase, "peer": peer, "came": came, "is": what, "messages": len(messages),
        "bytes": sum(each.size for each in messages), "kept_bytes": sum(len(each.first) for each in messages),
        "noise": measure(octets).tree() if octets else None,
    }  # fmt: skip
