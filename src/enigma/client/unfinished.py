"""Contributions that are under way: their secrets, kept until the question is asked, so that an upload can go on.

Under one secret a table gives the same pieces, salts and commitment again, and another table gives unrelated ones
(docs/spec/contribution.md): so there is one secret for each place where a contribution counts, kept from before the
first byte leaves until the question stands on the chain, and then forgotten. Whoever has a secret and the uploads of
all seats has the table: files are for their owner's eyes only, in a folder on the owner's machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enigma.errors import ArgumentProblem, FileProblem
from enigma.sharing.contribution import SECRET_BYTES
from enigma.sharing.header import Context
from enigma.wire.codec import encode


@dataclass(slots=True, eq=False)
class Kept:
    """A secret, since which block it is there, and whether an earlier call left it. `forget`: the question is asked."""

    secret: bytes = field(repr=False)
    block: int
    resumed: bool
    forget: Callable[[], None] = field(repr=False)


class Unfinished:
    """The secrets of one person's contributions: in `folder`, or for the life of this object where that is None."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._memory: dict[str, tuple[bytes, int]] = {}

    @contextmanager
    def hold(self, context: Context, block: int) -> Iterator[Kept]:
        """The secret of a contribution that begins now, in `block`, or goes on. One at a time for each context.

        Raises `ArgumentProblem` while another call, here or in another process, makes the same contribution.
        """
        name = hashlib.sha256(encode(["enigma/unfinished/v1", context.tree])).hexdigest()
        with self._alone(name):
            found = self._read(name)
            secret, since = found or (os.urandom(SECRET_BYTES), block)
            if found is None:
                self._write(name, secret, since)
            yield Kept(secret, since, found is not None, lambda: self._forget(name))

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        busy = ArgumentProblem(
            "the same contribution is being made by another call", hint="wait for it, or end it; nothing was sent"
        )
        with self._lock:
            if name in self._held:
                raise busy
            self._held.add(name)
        try:
            if self._folder is None:
                yield
                return
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._folder / f"{name}.lock").open("a", encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise busy from None
                yield
        finally:
            with self._lock:
                self._held.discard(name)

    def _read(self, name: str) -> tuple[bytes, int] | None:
        if self._folder is None:
            return self._memory.get(name)
        path = self._folder / f"{name}.json"
        try:
            kept: Any = json.loads(path.read_text(encoding="utf-8"))
            secret, block = bytes.fromhex(kept["secret"]), int(kept["block"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileProblem(
                str(path), f"cannot be read: {error}", hint="remove it: the contribution then begins anew"
            ) from None
        if len(secret) != SECRET_BYTES:
            raise FileProblem(str(path), "is cut off", hint="remove it: the contribution then begins anew")
        return secret, block

    def _write(self, name: str, secret: bytes, block: int) -> None:
        if self._folder is None:
            self._memory[name] = secret, block
            return
        path = self._folder / f"{name}.json"
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps({"secret": secret.hex(), "block": block}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def _forget(self, name: str) -> None:
        if self._folder is None:
            self._memory.pop(name, None)
        else:
            (self._folder / f"{name}.json").unlink(missing_ok=True)
