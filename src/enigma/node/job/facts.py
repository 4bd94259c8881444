"""What the chain says beside a contract's public fields, as a call needs it: `L`, and members of shared identities.

A job's process asks its own node, which asks its own node of the chain, at the end of the block from which the public
fields are. Before anything is computed on an answer, and before a finding is stored, the seats compare all that they
were told: whoever was told something else ends the attempt, and the words name what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from enigma.errors import CallRefused, ProtocolError, WireError
from enigma.node.job.meeting import Meeting
from enigma.wire import Tree, codec

MOST_QUESTIONS = 1024
"""Different ones that a job may ask the chain."""
MOST_BYTES = 1 << 20
"""Of all answers of a job together."""

LONGEST = 1 << 22
"""Bytes of one answer, as a node gives it."""

AskChain = Callable[[bytes], bytes]
"""What the chain says of a question at the end of the assignment's block, both encoded: see `enigma.node.facts`."""


class Facts:
    """Of one attempt at one seat. `ask` asks this seat's node."""

    def __init__(self, block: int, ask: AskChain) -> None:
        self._block, self._ask = block, ask
        self._answers: dict[bytes, Tree] = {}
        self._bytes = 0
        self._words: list[str] = []
        self._digests: list[bytes] = []
        self._agreed = 0

    def asked(self, question: Sequence[Tree], words: str) -> Tree:
        """The answer to a question, which is asked once; `words` say what it is about, and everyone may read them.

        Raises `CallRefused` where a job asks for more than the seats look up.
        """
        spelled = codec.encode(list(question))
        if spelled not in self._answers:
            if len(self._answers) == MOST_QUESTIONS:
                raise CallRefused(
                    f"this asks the chain for more than {MOST_QUESTIONS} things, {words} being the next",
                    hint="read fewer keys of L in one call, or keep them in a public field",
                )
            octets = self._ask(spelled)
            self._answers[spelled] = codec.decode(octets, limit=LONGEST)
            self._bytes += len(octets)
            self._words.append(words)
            # What is too long is compared like the rest: else one seat alone could refuse.
            self._digests.append(hashlib.sha256(codec.encode([spelled, octets])).digest())
        if self._bytes > MOST_BYTES:
            raise CallRefused(
                f"this asks the chain for more than {MOST_BYTES:,} bytes, {words} being the last",
                hint="read fewer keys of L in one call",
            )
        return self._answers[spelled]

    def agree(self, meeting: Meeting) -> None:
        """Goes on only if all seats were told the same since the last time.

        Seats that agree on all before ask the same next: each has something to compare, or none has. Raises
        `ProtocolError`, which names what differs, `WireError`, `NetworkError`.
        """
        mine = self._digests[self._agreed :]
        if not mine:
            return
        heard = meeting.hear("agreement on what the chain says", list(mine))
        for peer, theirs in heard.items():
            if not isinstance(theirs, list) or not all(isinstance(each, bytes) for each in theirs):
                raise WireError(f"seat {peer} does not say what the chain told it")
            if theirs != mine:
                place = next((i for i, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), None)
                what = self._words[self._agreed + place] if place is not None else "how much they ask the chain"
                raise ProtocolError(
                    f"seats {meeting.seat} and {peer} differ in {what}, at the end of block {self._block}",
                    hint="nothing was signed: the chain node of one of them says something else",
                )
        self._agreed = len(self._digests)
