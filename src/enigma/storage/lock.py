"""One store, one opener: a lock that the operating system drops when its process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from enigma.errors import StoreLocked, StoreProblem


class FileLock:
    """Holds `path` (made if it is not there, never removed) until `release`. Raises StoreLocked.

    flock(2): held by the open file, so that a second opening in this process is refused as well.
    """

    def __init__(self, path: Path, holding: str) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreProblem(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise StoreLocked(
                f"{holding} is open already", hint="one process has a store open: stop the other"
            ) from None

    def release(self) -> None:
        """Let the next one in.

        Said outright, not left to closing: a process that is just being started has a copy of every open file, and
        would hold the lock until it runs its own program.
        """
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)
