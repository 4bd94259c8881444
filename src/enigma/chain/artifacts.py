"""What the compiler made of a controller: interface, code, and the sources that it is the code of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from enigma.errors import ArgumentProblem, FileProblem

SOURCES = Path(__file__).parent / "controllers"
ARTIFACTS = Path(__file__).parent / "artifacts"
TO_MAKE_THEM = "make them: make controllers (or, outside the repository: python -m enigma.chain.compiling)"


@dataclass(frozen=True, slots=True)
class Immutable:
    """A constant set at deployment: it stands behind the code, `offset` bytes from the code's end, `length` long."""

    name: str
    type: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled controller.

    `bytecode` creates it; `runtime` is the code at its address, followed there by its immutables. `sources` are the
    SHA-256 of every file that went in, by name. `compiler` and `evm` are the versions that give the same code again.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    runtime: str
    immutables: tuple[Immutable, ...]
    compiler: str
    evm: str
    sources: dict[str, str]

    def save(self, directory: Path) -> Path:
        """Write the artifact as JSON, the same bytes for the same artifact."""
        path = directory / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return path


def names() -> tuple[str, ...]:
    """The controllers, from their sources; files in small letters are what they import."""
    return tuple(sorted(path.stem for path in SOURCES.glob("*.vy") if path.stem[:1].isupper()))


def load(name: str, directory: Path = ARTIFACTS) -> Artifact:
    """The artifact of a controller. Raises ArgumentProblem for an unknown name, FileProblem where none was made."""
    if name not in names():
        raise ArgumentProblem(f"there is no controller {name}", hint=f"there are: {', '.join(names())}")
    path = directory / f"{name}.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        immutables = tuple(Immutable(**each) for each in fields.pop("immutables"))
        return Artifact(immutables=immutables, **fields)
    except FileNotFoundError:
        raise FileProblem(str(path), "the controllers are not compiled", hint=TO_MAKE_THEM) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileProblem(str(path), f"this is no artifact: {error!r}", hint=TO_MAKE_THEM) from None
