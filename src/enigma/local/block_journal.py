"""What a kept chain has on disk: dumps of its whole state, and between them every block, so that none is lost.

In the folder: `state-NUMBER.json.gz`, the state after block NUMBER as anvil writes it, put in place in one step; and
`blocks-NUMBER.jsonl`, what came after it, each line with fsync: {"waiting": [raw, ...]} before a block is made,
{"block", "hash", "time", "fee", "transactions": [raw, ...]} after it. Signed transactions are public: no secret here.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from enigma.errors import FileProblem

KEPT = 3  # dumps that are kept: the newest, and two in case it is damaged
LIMIT = 1 << 32  # bytes of a dump, unpacked
_DUMP = re.compile(r"state-(\d+)\.json\.gz")
_BLOCKS = re.compile(r"blocks-(\d+)\.jsonl")


@dataclass(frozen=True, slots=True)
class Mined:
    """A block as it was made: number, hash, seconds since 1970, base fee in wei, signed transactions in order."""

    number: int
    hash: str
    time: int
    fee: int
    transactions: tuple[bytes, ...]


class BlockJournal:
    """The dumps and journals of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def dumps(self) -> list[tuple[int, Path]]:
        """The dumps that are there, the newest first: block number and file."""
        return sorted(self._numbered(_DUMP), reverse=True)

    def checkpoint(self, number: int, packed: bytes, waiting: list[bytes]) -> None:
        """Keep the state after block `number` (gzip of JSON), begin the journal after it, and drop what is too old."""
        place = self._folder / f"state-{number}.json.gz"
        fresh = place.with_name(place.name + ".new")
        with fresh.open("wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        self.close()
        journal = self._folder / f"blocks-{number}.jsonl"
        self._file = journal.open("w", encoding="utf-8")
        if waiting:
            self.waiting(waiting)
        fresh.replace(place)
        self._settle()
        oldest = self.dumps()[:KEPT][-1][0]
        for kept, path in self._numbered(_DUMP) + self._numbered(_BLOCKS):
            if kept < oldest:
                path.unlink()

    def waiting(self, transactions: list[bytes]) -> None:
        """Note what a next block may hold; on disk when this returns."""
        self._write({"waiting": [raw.hex() for raw in transactions]})

    def mined(self, block: Mined) -> None:
        """Note a block; on disk when this returns."""
        self._write(
            {
                "block": block.number,
                "hash": block.hash,
                "time": block.time,
                "fee": block.fee,
                "transactions": [raw.hex() for raw in block.transactions],
            }
        )

    def after(self, number: int) -> tuple[list[Mined], list[bytes]]:
        """What came after the dump of block `number`: the blocks in order, and transactions that no block holds.

        A line that was being written when everything stopped is not there; any other damage ends what is known, and
        raises FileProblem.
        """
        blocks: dict[int, Mined] = {}
        waiting: dict[bytes, None] = {}
        for start, path in sorted(self._numbered(_BLOCKS)):
            if start < number:
                continue
            for entry in _lines(path):
                if "waiting" in entry:
                    waiting.update(dict.fromkeys(map(bytes.fromhex, entry["waiting"])))
                    continue
                block = _block(path, entry)
                # A block of this number was replaced, and so is what stood on it: a reorganisation made by hand.
                for replaced in [n for n in blocks if n >= block.number]:
                    waiting.update(dict.fromkeys(blocks.pop(replaced).transactions))
                blocks[block.number] = block
        contained = {raw for block in blocks.values() for raw in block.transactions}
        ordered = [blocks[n] for n in sorted(blocks) if n > number]
        for expected, block in enumerate(ordered, number + 1):
            if block.number != expected:
                raise FileProblem(str(self._folder), f"the journal of blocks lacks block {expected}")
        return ordered, [raw for raw in waiting if raw not in contained]

    def close(self) -> None:
        """End writing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, entry: dict[str, Any]) -> None:
        assert self._file is not None  # a chain begins with a checkpoint
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _numbered(self, pattern: re.Pattern[str]) -> list[tuple[int, Path]]:
        found = ((pattern.fullmatch(path.name), path) for path in self._folder.iterdir())
        return [(int(match[1]), path) for match, path in found if match]

    def _settle(self) -> None:
        """Have the folder's new names on disk too."""
        place = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def unpack(path: Path, number: int) -> bytes:
    """A dump as JSON, when it is whole and of block `number`. Raises FileProblem."""
    try:
        with gzip.open(path) as file:
            text = file.read(LIMIT + 1)
        if len(text) > LIMIT:
            raise FileProblem(str(path), "too large for a state")
        found = int(json.loads(text)["best_block_number"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise FileProblem(str(path), f"no state of a chain: {error}") from None
    if found != number:
        raise FileProblem(str(path), f"the state after block {found}")
    return text


def number_of(packed: bytes) -> int:
    """The block after which a dump was made."""
    return int(json.loads(gzip.decompress(packed))["best_block_number"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]  # what follows the last line break was never finished
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise FileProblem(f"{path}, line {number}", "no line of a journal")
        yield entry


def _block(path: Path, entry: dict[str, Any]) -> Mined:
    try:
        return Mined(
            int(entry["block"]),
            str(entry["hash"]),
            int(entry["time"]),
            int(entry["fee"]),
            tuple(bytes.fromhex(raw) for raw in entry["transactions"]),
        )
    except (KeyError, TypeError, ValueError):
        raise FileProblem(str(path), "a line that is no block") from None
