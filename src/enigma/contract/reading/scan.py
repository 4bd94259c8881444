"""What is looked at before Python's parser sees a text: characters, sizes, nesting, and the spelling of literals.

The parser is written in C and trusts its input more than a node may. So everything that costs it memory or stack is
capped here, in one pass over the text; and every spelling that two versions of Python read differently is refused.
"""

from __future__ import annotations

import ast
import re
from typing import NoReturn

from enigma.contract.reading.source import Source
from enigma.errors import NotTheLanguage, OutOfFuel, SourceProblem

MAX_BYTES = 256 * 1024
MAX_LINE = 2000
MAX_BRACKETS = 100
MAX_INDENTATION = 40
MAX_DIGITS = 80
MAX_EXPONENT = 100
DECIMAL_DIGITS = 34

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters that a reader does not see, or that turn the text around; and halves of a character."""

_COOKIE = re.compile(r"[ \t]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")  # PEP 263
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t]+|\\\n) | (?P<newline>\n) | (?P<comment>\#[^\n]*) | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<number>0[xX][A-Za-z_0-9]* | \.?[0-9](?:[eE][+-](?=[0-9])|[A-Za-z_0-9.])*)
    | (?P<quote>'''|\"\"\"|'|") | (?P<open>[\[({]) | (?P<close>[\])}]) | (?P<other>.)
    """,
    re.VERBOSE,
)
_ENDS = {
    "'": re.compile(r"(?:[^'\\\n]++|\\.)*+'", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\n]++|\\.)*+"', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]++|\\.|'(?!''))*+'''", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]++|\\.|"(?!""))*+"""', re.DOTALL),
}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPES = frozenset("\n\\'\"nt")
_D = r"[0-9](?:_?[0-9])*"
_INTEGER = re.compile(r"0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?0)*|[1-9](?:_?[0-9])*")
_DECIMAL = re.compile(rf"((?:{_D}\.(?:{_D})?|\.{_D})|{_D}(?=[eE]))(?:[eE]([+-]?{_D}))?")

_PREFIXES = {
    "f": (
        "a contract has no f-string: what a text is made of must be seen to be public",
        'write the text as it is, and give values to emit: emit("Paid", amount=amount)',
    ),
    "t": ("a contract has no t-string", "write the text as it is, without the t"),
    "b": ("a contract has no bytes", "write a text, without the b, or a whole number"),
    "u": ("every text is Unicode already", "leave the u away"),
}


def scan(source: Source) -> None:
    """Refuse a text whose characters, size, nesting or literals no contract needs: `NotTheLanguage`, `OutOfFuel`."""
    _Scan(source).run()


class _Scan:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = "\n".join(source.lines)
        self.line = 1
        self.start = 0
        """Where the line begins in the text."""

    def run(self) -> None:
        self._sizes()
        self._characters()
        self._tokens()

    def _refuse(self, kind: type[SourceProblem], start: int, end: int, reason: str, hint: str) -> NoReturn:
        """Refuse characters `start` to `end` of the text, which begin on the current line."""
        line = self.source.lines[self.line - 1]
        first, last = (len(line[: at - self.start].encode()) for at in (start, end))
        place = ast.Pass(lineno=self.line, col_offset=first, end_lineno=self.line, end_col_offset=last)
        self.source.refuse(kind, place, reason, hint)

    def _sizes(self) -> None:
        if len(self.source.text) > MAX_BYTES or len(self.source.text.encode(errors="replace")) > MAX_BYTES:
            raise self.source.problem_at(
                OutOfFuel, 1, 0, f"this file has more than {MAX_BYTES} bytes", "split it into modules"
            )
        for number, line in enumerate(self.source.lines, 1):
            if len(line) > MAX_LINE:
                raise self.source.problem_at(
                    OutOfFuel, number, MAX_LINE, f"this line has more than {MAX_LINE} characters", "break the line"
                )

    def _characters(self) -> None:
        lone = re.search(r"\r(?!\n)", self.source.text)
        if lone:
            place = len(re.findall(r"\r\n?|\n", self.source.text[: lone.start()]))
            reason = "the character U+000D is not visible: some editors would show this as one line, some as two"
            column = len(self.source.lines[place])
            raise self.source.problem_at(NotTheLanguage, place + 1, column, reason, "end lines with U+000A alone")
        for number, line in enumerate(self.source.lines, 1):
            found = UNSEEN.search(line)
            if found:
                raise self.source.problem_at(
                    NotTheLanguage,
                    number,
                    found.start(),
                    f"the character U+{ord(found[0]):04X} is not visible: a reader would see another text than runs",
                    "remove the character",
                )
        for number, line in enumerate(self.source.lines[:2], 1):
            cookie = _COOKIE.match(line)
            if cookie and cookie[1].lower().replace("_", "-") not in {"utf-8", "utf8"}:
                raise self.source.problem_at(
                    NotTheLanguage, number, cookie.start(1), "every contract is written in UTF-8", "remove this comment"
                )

    def _tokens(self) -> None:
        text, at, brackets, fresh = self.text, 0, 0, True
        levels = [0]
        before = ""  # the name that ends where the next token begins
        while token := _TOKEN.match(text, at):
            kind, spelled, end = token.lastgroup, token[0], token.end()
            if fresh and kind not in {"space", "newline", "comment"}:
                self._indentation(levels, at)
                fresh = False
            if kind == "quote":
                end = self._text(at, spelled, before)
            elif kind == "number":
                self._number(at, spelled)
            elif kind == "open":
                brackets += 1
                if brackets > MAX_BRACKETS:
                    reason = f"more than {MAX_BRACKETS} brackets are open here"
                    self._refuse(OutOfFuel, at, end, reason, "give names to the inner parts")
            elif kind == "close":
                brackets = max(0, brackets - 1)
            elif kind == "other" and not spelled.isascii():
                self._foreign(at, spelled)
            before = spelled if kind == "name" else ""
            if kind == "newline" or "\n" in text[at:end]:
                fresh = fresh or (kind == "newline" and not brackets)
                self.line += text.count("\n", at, end)
                self.start = text.rindex("\n", at, end) + 1
            at = end

    def _foreign(self, at: int, spelled: str) -> NoReturn:
        self._refuse(
            NotTheLanguage,
            at,
            at + 1,
            f"the character U+{ord(spelled):04X} outside of a text: it could look like another name",
            "write names with the letters a to z, A to Z, digits and _",
        )

    def _indentation(self, levels: list[int], at: int) -> None:
        width = len(self.text[self.start : at].expandtabs(8))
        while levels[-1] > width:
            levels.pop()
        if levels[-1] < width:
            levels.append(width)
        if len(levels) > MAX_INDENTATION:
            reason = f"more than {MAX_INDENTATION} levels of indentation"
            self._refuse(OutOfFuel, at, at + 1, reason, "move the inner part to a function")

    def _text(self, at: int, quote: str, prefix: str) -> int:
        """Where the text that `quote` begins ends."""
        letters = prefix.lower()
        odd = next((c for c in letters if c in _PREFIXES), "")
        if odd and letters in {odd, odd + "r", "r" + odd}:
            self._refuse(NotTheLanguage, at - len(prefix), at + len(quote), *_PREFIXES[odd])
        found = _ENDS[quote].match(self.text, at + len(quote))
        if not found:
            reason = "this text has no closing quote"
            hint = f"close it with {quote}" + (" on the same line" if len(quote) == 1 else "")
            self._refuse(NotTheLanguage, at, at + len(quote), reason, hint)
        if letters != "r":
            for escape in _ESCAPE.finditer(self.text, at, found.end()):
                if escape[1] not in _ESCAPES and len(escape[1]) == 1:
                    self.line += self.text.count("\n", at, escape.start())
                    self.start = self.text.rfind("\n", 0, escape.start()) + 1
                    reason = f"{escape[0]} in a text is read differently by different Pythons"
                    hint = r"write \\ for a backslash; \n, \t, \x41 and \u0041 are known"
                    self._refuse(NotTheLanguage, escape.start(), escape.end(), reason, hint)
        return found.end()

    def _number(self, at: int, spelled: str) -> None:
        end = at + len(spelled)
        decimal = _DECIMAL.fullmatch(spelled)
        if not decimal and not _INTEGER.fullmatch(spelled):
            if spelled[-1] in "jJ" and _DECIMAL.fullmatch(spelled[:-1] + "e0"):
                self._refuse(NotTheLanguage, at, end, "a contract has no complex numbers", "use two real ones")
            if re.fullmatch(r"0[0-9_]+", spelled):
                self._refuse(NotTheLanguage, at, end, "a whole number does not begin with 0", "leave the zeros away")
            reason = f"{spelled[:40]} is not a number"
            self._refuse(NotTheLanguage, at, end, reason, "put a space after the number, or correct it")
        digits = sum(c.isalnum() for c in (decimal[1] if decimal else spelled))
        most = DECIMAL_DIGITS if decimal else MAX_DIGITS
        if digits > most:
            kind = "decimal number" if decimal else "number"
            self._refuse(OutOfFuel, at, end, f"a {kind} of more than {most} digits", "write a shorter number")
        exponent = (decimal[2] or "0") if decimal else "0"
        if len(exponent) > 5 or abs(int(exponent)) > MAX_EXPONENT:
            reason = f"an exponent beyond {MAX_EXPONENT}"
            self._refuse(OutOfFuel, at, end, reason, "write a smaller number")
