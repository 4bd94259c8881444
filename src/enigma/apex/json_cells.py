"""Cells of a JSON file in APEX's form: an array of objects, `[{"latitude": 51.5, "longitude": -0.12}, ...]`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal

import numpy as np

from enigma.apex.cells import Numbers
from enigma.errors import FileProblem

_FORM = 'the form is [{"latitude": 51.5, "longitude": -0.12}, ...]'
_SPACE_OR_COMMA = re.compile(r"[ \t\r\n,]*")


class _RepeatedKeyError(Exception):
    """An object that names one key twice: half of it would be lost."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return names


# Integers are read as floats: a class of 400 digits is then too large, not a crash.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=float)


class JsonCells:
    """The objects of one JSON array as rows; the columns are the keys in the order of their first appearance.

    Raises `FileProblem` where the text is no JSON, no array of objects, or names a key of one object twice.
    """

    counted: Literal["line", "row"] = "line"

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        if not text.strip():
            raise FileProblem(file, "is empty", hint=_FORM)
        self._objects = self._decode()
        keys: dict[str, None] = {}
        for row in self._objects:
            keys.update(dict.fromkeys(row))
        self.names = tuple(keys)

    @property
    def rows(self) -> int:
        """The number of objects in the array."""
        return len(self._objects)

    def numbers(self, column: int) -> Numbers:
        """The column with this index; null and a missing key are empty cells, and only JSON numbers are numbers."""
        key = self.names[column]
        cells = [row.get(key) for row in self._objects]
        numeric = np.fromiter((isinstance(cell, float) for cell in cells), dtype=np.bool_, count=len(cells))
        empty = np.fromiter((cell is None for cell in cells), dtype=np.bool_, count=len(cells))
        values = np.array([cell if isinstance(cell, float) else np.nan for cell in cells], dtype=np.float64)
        return Numbers(values, empty, ~(numeric | empty))

    def shown(self, row: int, column: int) -> str:
        """One cell as JSON text."""
        cell = self._objects[row].get(self.names[column])
        if isinstance(cell, float) and cell.is_integer():
            return f"{cell:.0f}"
        text = json.dumps(cell, ensure_ascii=False)
        return text if text.isprintable() else ascii(text)

    def line(self, row: int, column: int, /) -> int:
        """The line of the key in its object, or of the object's beginning where the key is missing."""
        start, end = next(span for at, span in enumerate(self._spans()) if at == row)
        key = re.compile(re.escape(json.dumps(self.names[column], ensure_ascii=False)) + r"\s*:")
        found = key.search(self._text, start, end)
        return self._line_at(found.start() if found else start)

    def _decode(self) -> list[dict[str, object]]:
        try:
            decoded = _DECODER.decode(self._text)
        except json.JSONDecodeError as error:
            hint = "separate the objects by commas inside one array" if error.msg == "Extra data" else _FORM
            where = f"line {error.lineno}, character {error.colno}"
            raise FileProblem(self.file, f"{where}: not valid JSON ({error.msg})", hint=hint) from error
        except RecursionError as error:
            raise FileProblem(self.file, "is nested too deeply", hint=_FORM) from error
        except _RepeatedKeyError as repeated:
            raise self._repeated(str(repeated)) from repeated
        if not isinstance(decoded, list):
            kind = "an object" if isinstance(decoded, dict) else "a single value"
            raise FileProblem(self.file, f"holds {kind} where an array of objects belongs", hint=_FORM)
        for at, row in enumerate(decoded):
            if not isinstance(row, dict):
                line = self._line_at(next(span for i, span in enumerate(self._spans()) if i == at)[0])
                raise FileProblem(self.file, f"line {line}: entry {at + 1} of the array is not an object", hint=_FORM)
        return decoded

    def _repeated(self, key: str) -> FileProblem:
        line = 1
        try:
            for _, end in self._spans():
                line = self._line_at(_SPACE_OR_COMMA.match(self._text, end).end())  # type: ignore[union-attr]
        except _RepeatedKeyError:
            return FileProblem(self.file, f"line {line}: one object names the key {key!r} twice", hint=_FORM)
        return FileProblem(self.file, f"the key {key!r} is named twice in one object", hint=_FORM)

    def _spans(self) -> Iterator[tuple[int, int]]:
        """Where each entry of the top-level array begins and ends in the text."""
        at = self._text.index("[") + 1
        while True:
            found = _SPACE_OR_COMMA.match(self._text, at)
            at = found.end() if found else at
            if self._text[at] == "]":
                return
            _, end = _DECODER.raw_decode(self._text, at)
            yield at, end
            at = end

    def _line_at(self, position: int) -> int:
        before = self._text[:position].replace("\r\n", "\n").replace("\r", "\n")
        return before.count("\n") + 1
