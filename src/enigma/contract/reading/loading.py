"""Reading a file: from a text to its declarations, with every module that it imports."""

from __future__ import annotations

import ast
import re

from enigma.contract.reading.declarations import Module
from enigma.contract.reading.declaring import FileReader
from enigma.contract.reading.library import Library, StandardLibrary
from enigma.contract.reading.names import suggestion
from enigma.contract.reading.resolution import resolve
from enigma.contract.reading.source import Source
from enigma.contract.reading.syntax import parse
from enigma.errors import NotTheLanguage, OutOfFuel, UnknownName

MAX_MODULES = 64
MAX_CHARACTERS = 1 << 20
"""Of a file and all that it imports together."""

_BY_DIGEST = re.compile(r"sha256_([0-9a-f]{64})")
_WHERE_FROM = "write from enigma.std import name, or from sha256_<64 hexadecimal digits> import name"


def load(source: Source, library: Library | None = None, *, trusted: bool = False) -> Module:
    """Read a contract or a module: its syntax, its declarations, its imports and every name in it are checked.

    `library` is where imports are found: the installed standard library where it is None. `trusted` is for the standard
    library's own files, which may say `proven`. Errors: every `SourceProblem` but `SourceLeak`.
    """
    return _Loading(library or StandardLibrary()).module(source, trusted=trusted)


class _Loading:
    """One call of `load`: what was read so far, each module once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.read: dict[str, Module] = {}
        self.characters = 0
        self.open: list[str] = []
        """The names of the modules that are being read, from the first to the innermost."""

    def module(self, source: Source, *, trusted: bool) -> Module:
        reader = FileReader(source, lambda place, wanted: self.imported(place, source, wanted))
        module = reader.read(parse(source), trusted=trusted)
        resolve(module)
        return module

    def imported(self, place: ast.ImportFrom, importer: Source, wanted: str) -> Module:
        """The module of an import line; `wanted` is the first name that it asks for."""
        path = place.module or ""
        if path == "enigma.std":
            path = f"enigma.std.{self._standard_home(place, importer, wanted)}"
        if path in self.open:
            chain = " imports ".join([*self.open[self.open.index(path) :], path])
            importer.refuse(
                NotTheLanguage, place, f"a circle of imports: {chain}", "move what both need to a third module"
            )
        if path not in self.read:
            if len(self.read) + len(self.open) >= MAX_MODULES:
                importer.refuse(OutOfFuel, place, f"more than {MAX_MODULES} modules are imported", "import fewer")
            source, trusted = self._find(place, importer, path)
            self.characters += len(source.text)
            if self.characters > MAX_CHARACTERS:
                reason = f"what is imported has more than {MAX_CHARACTERS} characters"
                importer.refuse(OutOfFuel, place, reason, "import less")
            self.open.append(path)
            self.read[path] = self.module(source, trusted=trusted)
            self.open.pop()
        return self.read[path]

    def _find(self, place: ast.ImportFrom, importer: Source, path: str) -> tuple[Source, bool]:
        digest = _BY_DIGEST.fullmatch(path)
        if digest:
            return self._by_digest(place, importer, digest[1]), False
        standard = path.removeprefix("enigma.std.")
        if standard == path or "." in standard:
            hint = _WHERE_FROM
            if path in ("enigma", "enigma.contract"):
                hint = "remove the line: Contract, private, public and every function are built in"
            importer.refuse(NotTheLanguage, place, f"a contract sees no Python module {path}", hint)
        try:
            return self.library.standard(standard), True
        except LookupError:
            known = self.library.names
            hint = suggestion(standard, known) or f"there are {', '.join(known) or 'none yet'}"
            reason = f"the standard library has no module {standard}"
            raise importer.problem(UnknownName, place, reason, hint) from None

    def _by_digest(self, place: ast.ImportFrom, importer: Source, digest: str) -> Source:
        try:
            source = self.library.by_digest(digest)
        except LookupError:
            reason = f"nobody here has a module with the digest {digest[:8]}"
            hint = "give its source to the library, under its SHA-256"
            raise importer.problem(UnknownName, place, reason, hint) from None
        try:
            found = source.digest
        except UnicodeEncodeError:
            found = "not Unicode"
        if found != digest:
            reason = f"what was given for the digest {digest[:8]} is another text: {found[:8]}"
            importer.refuse(UnknownName, place, reason, "fetch the module anew: one byte of it differs")
        return source

    def _standard_home(self, place: ast.ImportFrom, importer: Source, wanted: str) -> str:
        """The module of the standard library that defines a name: looked for in the texts, so that one is read."""
        definition = re.compile(rf"^(?:def {re.escape(wanted)}\(|{re.escape(wanted)} *=)", re.MULTILINE)
        for name in self.library.names:
            if definition.search(self.library.standard(name).text):
                return name
        texts = [self.library.standard(name).text for name in self.library.names]
        known = [found for text in texts for found in re.findall(r"^def ([A-Za-z]\w*)\(", text, re.MULTILINE)]
        hint = suggestion(wanted, known) or "see the list of the standard library's functions"
        raise importer.problem(UnknownName, place, f"the standard library has no {wanted}", hint)
