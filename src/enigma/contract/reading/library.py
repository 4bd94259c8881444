"""Where modules come from: the standard library, and sources that are named by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from typing import Protocol

from enigma.contract.reading.source import Source


class Library(Protocol):
    """What a host brings: the sources that a contract may import. Whoever reads them checks their digests."""

    @property
    def names(self) -> tuple[str, ...]:
        """The modules of the standard library, in alphabetical order."""

    def standard(self, name: str) -> Source:
        """The module `enigma.std.<name>`. Raises `KeyError` where there is none."""

    def by_digest(self, digest: str) -> Source:
        """The source with this SHA-256, 64 small hexadecimal digits. Raises `KeyError` where it is not known."""


class StandardLibrary:
    """The standard library that is installed with Enigma, and sources that the host was given.

    `sources` maps digests to texts.
    """

    def __init__(self, sources: Mapping[str, str] | None = None) -> None:
        self.sources = dict(sources or {})

    @cached_property
    def _standard(self) -> dict[str, Source]:
        folder = resources.files("enigma.contract") / "std"
        found = folder.iterdir() if folder.is_dir() else iter(())
        files = sorted((each for each in found if each.name.endswith(".py")), key=lambda each: each.name)
        names = [file.name.removesuffix(".py") for file in files]
        return {
            name: Source(f"enigma/std/{name}.py", file.read_text(encoding="utf-8"))
            for name, file in zip(names, files, strict=True)
            if not name.startswith("_")
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The modules of the standard library, in alphabetical order."""
        return tuple(self._standard)

    def standard(self, name: str) -> Source:
        """The module `enigma.std.<name>`. Raises `KeyError` where there is none."""
        return self._standard[name]

    def by_digest(self, digest: str) -> Source:
        """The source that was given under this digest. Raises `KeyError` where there is none."""
        return Source(f"sha256_{digest[:8]}.py", self.sources[digest])
