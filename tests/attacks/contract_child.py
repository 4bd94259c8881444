"""The process in which the attempts on the contract language run, under limits of memory and of processor time.

Writes a line of JSON before each attempt and one after it, so that the one that ends the process is known.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from types import FrameType
from typing import Any

from tests.attacks.attempts import Attempt
from tests.attacks.contract_attempts import ATTEMPTS

import enigma.contract.typing as checker
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.source import Source
from enigma.errors import EnigmaError
from enigma.local.simulation import Simulation

MEMORY = 1 << 30
"""Bytes on top of what the interpreter and its libraries have mapped already."""
SECONDS = 5
"""Of processor time for one attempt, on the slowest machine; a second is what it takes on an ordinary one."""


class Deadline(BaseException):
    """An attempt took too long. No EnigmaError, so that nothing takes it for a refusal."""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Deadline


def refusal(attempt: Attempt) -> dict[str, Any]:
    """What came of one attempt."""
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        contract = Simulation().deploy_source(Source("attack.py", attempt.source))
        contract.as_("mallory").run(**{"x": 3, "xs": [1, 2, 3, 4], "k": 4, **attempt.call})
        said: Exception | None = None
        kinds: list[str] = []
    except (Exception, Deadline) as error:  # noqa: BLE001 - the parent says which it must be
        kinds = [kind.__name__ for kind in type(error).__mro__]
        said = error if isinstance(error, EnigmaError) else Exception(repr(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    message = "" if said is None else str(said)
    return {"kinds": kinds, "message": message, "seconds": time.process_time() - started}


def tell(line: list[Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    signal.signal(signal.SIGPROF, interrupt)
    refusal(ATTEMPTS[0])  # everything is imported now
    mapped = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: PTH123, SIM115
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))
    check = checker.check
    refused_by_it: list[None] = []

    def noticed(module: Module) -> None:
        refused_by_it.append(None)
        check(module)
        refused_by_it.pop()

    for number, attempt in enumerate(ATTEMPTS):
        refused_by_it.clear()
        checker.check = noticed
        tell([number, True, None])
        tell([number, True, refusal(attempt)])
        if refused_by_it:
            checker.check = lambda module: None  # the evaluator alone must refuse as well
            tell([number, False, None])
            tell([number, False, refusal(attempt)])


if __name__ == "__main__":
    main()
    sys.exit(0)
