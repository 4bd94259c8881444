"""A contract's text, and places in it: what every message points at."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from enigma.errors import SourceProblem


@dataclass(frozen=True, eq=False)
class Source:
    """A file of the language. `name` is for messages only; what it *is* is its text."""

    name: str
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text in UTF-8, as 64 hexadecimal digits: the module's name on every machine."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends, as Python's parser counts them."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(self, line: int, offset: int) -> int:
        """The character (from 0) at a byte offset of a line (from 1): the parser counts bytes of UTF-8."""
        return len(self.lines[line - 1].encode()[:offset].decode(errors="ignore"))

    def fragment(self, node: ast.AST) -> str:
        """The text of a node, as far as its first line goes."""
        line, start, end = self._extent(node)
        return self.lines[line - 1][start:end]

    def where(self, node: ast.AST) -> str:
        """`file:line` of a node."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def _extent(self, node: ast.AST) -> tuple[int, int, int]:
        """Line (from 1), and first and last character (from 0) on that line."""
        place: Any = node
        if not hasattr(node, "lineno"):
            return 1, 0, len(self.lines[0])
        line: int = place.lineno
        start = self.column(line, place.col_offset)
        one_line = place.end_lineno == line and place.end_col_offset is not None
        end = self.column(line, place.end_col_offset) if one_line else len(self.lines[line - 1].rstrip())
        return line, start, max(end, start + 1)

    def problem(self, kind: type[SourceProblem], node: ast.AST, reason: str, hint: str) -> SourceProblem:
        """The refusal of a node, with its line and a caret."""
        line, start, end = self._extent(node)
        return self._problem(kind, line, start, end, reason, hint)

    def problem_at(self, kind: type[SourceProblem], line: int, column: int, reason: str, hint: str) -> SourceProblem:
        """The refusal of one character: line from 1, column from 0."""
        return self._problem(kind, line, column, column + 1, reason, hint)

    def _problem(
        self, kind: type[SourceProblem], line: int, start: int, end: int, reason: str, hint: str
    ) -> SourceProblem:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        # Control and direction marks could make the terminal show another text than the one that is refused.
        shown = "".join(c if c.isprintable() else "?" for c in text.expandtabs(1))
        margin = f"{line:>5} | "
        excerpt = f"{margin}{shown}\n{' ' * (len(margin) - 2)}| {' ' * start}{'^' * max(1, end - start)}"
        return kind(
            reason, hint=hint, file=self.name, line=line, column=start + 1, fragment=text[start:end], excerpt=excerpt
        )

    def refuse(self, kind: type[SourceProblem], node: ast.AST, reason: str, hint: str) -> NoReturn:
        """Raise the refusal of a node."""
        raise self.problem(kind, node, reason, hint)
