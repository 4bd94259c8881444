"""What a node says when its process has begun anew: the attempts in which its seats took part are over.

Without it the other seats of a running attempt would wait for this one as long as they wait for anything
(`jobs.patience_seconds`), although it is there again and could begin the next attempt with them. A seat that says so
without need costs the attempts of its own committees, which it can end in any case, by leaving.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from enigma.errors import EnigmaError
from enigma.node.contracts import Seated
from enigma.node.logs import event, words_of
from enigma.wire import Tree

METHOD = "began"
AGAIN = 0.5
"""Seconds until a node that could not be reached is told again, doubled each time up to `LONGEST`."""
LONGEST = 30.0
TRIES = 20


def say_began(
    own: str,
    held: Iterable[Seated],
    call: Callable[[str, str, Tree], Any],
    ending: threading.Event,
    pause: Callable[[threading.Event, float], object],
) -> None:
    """Tell every node that shares a committee with the node `own`; those that cannot be reached again, a few times.

    `pause`: see `enigma.node.surroundings`.
    """
    left = sorted({node for seated in held for node in seated.published.seats} - {own})
    rest, tries = AGAIN, 0
    while left and tries < TRIES and not ending.is_set():
        left = [node for node in left if not _told(node, call, last=tries + 1 == TRIES)]
        rest, tries = min(LONGEST, 2 * rest), tries + 1
        if left:
            pause(ending, rest)


def _told(node: str, call: Callable[[str, str, Tree], Any], *, last: bool) -> bool:
    try:
        call(node, METHOD, {})
    except EnigmaError as error:
        if last:
            event("peer not told", peer=node, problem=words_of(error))
        return False
    return True
