"""What a sender has signed, on disk before it leaves: after a crash the same bytes are sent again, with no new nonce.

One JSON object to a line, each written with fsync: {"chain", "genesis", "account"} first; {"nonce", "raw", "hash",
"doing", "once"} for each transaction and each replacement of it; {"done": nonce, "hash"} when one of them is deep
enough, with "hash" null where none of them ever will be; {"once", "nonce", "hash"} for what was done once under a name,
when the file is written anew: at its opening, and when it has grown a lot. Signed transactions are public, so the file
holds no secret.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from enigma.errors import FileProblem

LIMIT = 1 << 30  # bytes of a journal
GROWN = 1 << 24  # bytes after which a journal is written anew; more where what still matters is more


@dataclass(slots=True)
class Sent:
    """A transaction of ours: its nonce, and every form of it that was signed, the newest last. At most one is mined."""

    nonce: int
    doing: str
    once: str | None = None
    forms: dict[str, bytes] = field(default_factory=dict)
    """Hash -> signed bytes, in the order of signing."""
    mined: str | None = None
    """The hash of the form that is on the chain, as far as was seen."""
    block: int | None = None
    said: str = ""
    """Why the node did not simply take it, in its words."""

    @property
    def newest(self) -> bytes:
        """The bytes to send: the last replacement."""
        return next(reversed(self.forms.values()))


class Journal:
    """The journal of one account on one chain; with `path` None, of this process alone. Raises FileProblem.

    Only one process may hold a file at a time. `pending` are the transactions whose end is not written, by nonce;
    `finished` gives nonce and hash of what was sent once under a name.
    """

    def __init__(self, path: Path | None, chain_id: int, genesis: str, account: str) -> None:
        self.pending: dict[int, Sent] = {}
        self.finished: dict[str, tuple[int, str]] = {}
        self._path = path
        self._file: IO[str] | None = None
        self._lock: IO[str] | None = None
        self._kept = 0  # bytes when it was last written anew
        self._owner = {"chain": chain_id, "genesis": genesis, "account": account}
        if path is not None:
            self._open(path)

    def signed(self, sent: Sent, transaction: str, raw: bytes) -> None:
        """Note a form of a transaction: on disk when this returns, so that it may be sent."""
        self._write(_line(sent, transaction, raw))
        sent.forms[transaction] = raw
        self.pending[sent.nonce] = sent

    def done(self, sent: Sent, transaction: str | None) -> None:
        """Note how a transaction ended: the hash that was mined, or None where its nonce is free or used by others."""
        if sent.nonce in self.pending:
            self._write({"done": sent.nonce, "hash": transaction})
            self._finish(sent.nonce, transaction)
            self._shorten()

    def close(self) -> None:
        """Let another process have the file."""
        for file in (self._file, self._lock):
            if file is not None:
                file.close()
        self._file = self._lock = None

    def _finish(self, nonce: int, transaction: str | None) -> None:
        sent = self.pending.pop(nonce)
        if sent.once is not None and transaction is not None:
            self.finished[sent.once] = (nonce, transaction)

    def _write(self, entry: dict[str, Any]) -> None:
        if self._path is None:
            return
        if self._file is None:
            raise FileProblem(str(self._path), "this journal was closed")
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _shorten(self) -> None:
        """Write the file anew where most of it does not matter any more: a node's life is longer than any disk."""
        if (
            self._path is not None
            and self._file is not None
            and self._file.tell() - self._kept > max(GROWN, self._kept)
        ):
            fresh = self._rewritten(self._path)
            self._file.close()
            self._file = fresh

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise FileProblem(
                str(path), "another process sends from this account", hint="end it, or give another journal"
            ) from None
        try:
            if path.exists():
                self._read(path)
            self._file = self._rewritten(path)
        except BaseException:
            lock.close()
            raise
        self._lock = lock

    def _read(self, path: Path) -> None:
        if path.stat().st_size > LIMIT:
            raise FileProblem(str(path), "too large for a journal")
        # What stands after the last line break was being written at a crash: nothing of it was sent.
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        for number, line in enumerate(lines, 1):
            try:
                self._take(path, number, json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise FileProblem(
                    f"{path}, line {number}", "no line of a journal", hint="it was altered by something else"
                ) from None

    def _rewritten(self, path: Path) -> IO[str]:
        """The file with what still matters, put in the old one's place in one step."""
        fresh = path.with_name(path.name + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            lines: list[dict[str, Any]] = [self._owner]
            lines += [{"once": name, "nonce": nonce, "hash": done} for name, (nonce, done) in self.finished.items()]
            lines += [
                _line(sent, transaction, raw)
                for sent in in_order(self.pending.values())
                for transaction, raw in sent.forms.items()
            ]
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
            self._kept = file.tell()
        fresh.replace(path)
        place = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(place)  # else a power cut could bring the old file back, without what is written to this one
        finally:
            os.close(place)
        return path.open("a", encoding="utf-8")

    def _take(self, path: Path, number: int, entry: Any) -> None:
        if number == 1:
            if entry != self._owner:
                raise FileProblem(
                    str(path),
                    f"the journal of {entry['account']} on chain {entry['chain']} that began with {entry['genesis']}",
                    hint="give another journal; where the chain was begun anew, what this one holds is gone: remove it",
                )
        elif "done" in entry:
            self._finish(int(entry["done"]), entry["hash"])
        elif "raw" not in entry:
            self.finished[str(entry["once"])] = (int(entry["nonce"]), str(entry["hash"]))
        else:
            nonce = int(entry["nonce"])
            sent = self.pending.setdefault(nonce, Sent(nonce, str(entry["doing"]), entry["once"]))
            sent.forms[str(entry["hash"])] = bytes.fromhex(entry["raw"])


def _line(sent: Sent, transaction: str, raw: bytes) -> dict[str, Any]:
    return {"nonce": sent.nonce, "raw": raw.hex(), "hash": transaction, "doing": sent.doing, "once": sent.once}


def in_order(pending: Iterable[Sent]) -> list[Sent]:
    """By nonce, as a chain takes them."""
    return sorted(pending, key=lambda sent: sent.nonce)
