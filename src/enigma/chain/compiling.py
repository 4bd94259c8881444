"""From the controllers' sources to their artifacts, and from an address back to its source.

Compiling gives the same bytes on every machine: the sources pin the compiler and the EVM, and nothing else goes in.
`python -m enigma.chain.compiling [NAME ...]` compiles those named, or all.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from enigma.chain.artifacts import ARTIFACTS, SOURCES, Artifact, Immutable, names
from enigma.errors import FileProblem, ToolMissing

_ONE_AT_A_TIME = threading.Lock()
"""The compiler keeps state of its own: two threads in it at once break each other's work."""

REMEMBERED = 16
"""How many artifacts of public halves a process keeps."""

_PINNED = re.compile(r"^#\s*pragma\s+version\s+([0-9.]+)\s*$", re.MULTILINE)
_EVM = re.compile(r"^#\s*pragma\s+evm-version\s+([a-z]+)\s*$", re.MULTILINE)
_IMPORTED = re.compile(r"^import\s+([a-z_]+)\s*$", re.MULTILINE)


def compile_file(path: Path) -> Artifact:
    """Compile one controller. Raises ToolMissing without the pinned compiler, FileProblem where it refuses the file."""
    sources = _sources(path)
    source = sources[path.name].decode()
    pinned, evm = _PINNED.search(source), _EVM.search(source)
    if pinned is None or evm is None:
        raise FileProblem(str(path), "a controller pins its compiler and its EVM", hint="# pragma version 0.4.3")
    _check_compiler(pinned[1])
    with _recursion_limit_kept():
        version, made = _compiled(path)
    return Artifact(
        name=path.stem,
        abi=list(made["abi"]),
        bytecode=str(made["bytecode"]),
        runtime=str(made["bytecode_runtime"]),
        immutables=tuple(sorted(_immutables(made["layout"].get("code_layout", {})), key=lambda each: each.offset)),
        compiler=version,
        evm=evm[1],
        sources={name: hashlib.sha256(content).hexdigest() for name, content in sorted(sources.items())},
    )


@lru_cache(maxsize=REMEMBERED)
def compile_text(name: str, source: str) -> Artifact:
    """Compile a source that imports nothing: the public half of a contract. Raises as `compile_file` does.

    The compiler takes a second for most sources, and several people of one process hold the same contract: the latest
    artifacts are remembered.
    """
    with tempfile.TemporaryDirectory(prefix="enigma-") as folder:
        path = Path(folder, f"{name}.vy")
        path.write_text(source, encoding="utf-8")
        return compile_file(path)


def _compiled(path: Path) -> tuple[str, Mapping[str, Any]]:
    import vyper
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.exceptions import VyperException

    bundle = FilesystemInputBundle([path.parent.resolve()])
    try:
        with _ONE_AT_A_TIME:
            made: Mapping[str, Any] = compile_from_file_input(
                bundle.load_file(Path(path.name)),
                input_bundle=bundle,
                output_formats=["abi", "bytecode", "bytecode_runtime", "layout"],
            )
    except VyperException as error:
        raise FileProblem(str(path), f"the compiler refuses it: {error}") from None
    except Exception as error:  # noqa: BLE001 - a compiler that panics has refused the file as well
        raise FileProblem(str(path), f"the compiler fails on it: {type(error).__name__}: {error}") from None
    return str(vyper.__version__), made


@contextmanager
def _recursion_limit_kept() -> Iterator[None]:
    """What the compiler imports raises Python's recursion limit a hundredfold; then deep JSON would end the process."""
    before = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def compile_source(name: str) -> Artifact:
    """Compile the controller of this name. Raises as `compile_file` does."""
    return compile_file(SOURCES / f"{name}.vy")


def compile_all(directory: Path = ARTIFACTS, only: Sequence[str] = ()) -> list[Path]:
    """Compile every controller, or those named, into JSON files; files of controllers that are gone are removed."""
    made = [compile_source(name) for name in only or names()]
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.json"):
        if old.stem not in names():
            old.unlink()
    return [artifact.save(directory) for artifact in made]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the code at an address is what the source compiles to.

    `constants` are the values set at deployment, decoded from the code: they are part of what was deployed, and not of
    the source, so a reader judges them. `problem` is empty where the code is the source's.
    """

    name: str
    address: str
    compiler: str
    sources: dict[str, str]
    constants: dict[str, int | str]
    problem: str

    @property
    def holds(self) -> bool:
        """Is the code at the address the source's?"""
        return not self.problem


def verify(artifact: Artifact, address: str, code: bytes) -> Verification:
    """Compare what was compiled (by this caller, from the source: see `compile_file`) with the code at an address."""
    runtime = bytes.fromhex(artifact.runtime.removeprefix("0x"))
    length = sum(each.length for each in artifact.immutables)
    problem, constants = "", {}
    if not code:
        problem = "there is no code at this address"
    elif code[: len(runtime)] != runtime:
        first = next((i for i, (a, b) in enumerate(zip(code, runtime, strict=False)) if a != b), len(code))
        problem = f"the code at this address is another: it differs from byte {first} on"
    elif len(code) != len(runtime) + length:
        problem = f"the code at this address has {len(code)} bytes, the source's {len(runtime) + length}"
    else:
        constants = {each.name: _decoded(each, code[len(runtime) :]) for each in artifact.immutables}
    return Verification(artifact.name, address, artifact.compiler, artifact.sources, constants, problem)


def _decoded(immutable: Immutable, tail: bytes) -> int | str:
    word = tail[immutable.offset : immutable.offset + immutable.length]
    if immutable.type.startswith(("uint", "int")):
        return int.from_bytes(word, "big", signed=immutable.type.startswith("int"))
    if immutable.type.startswith("bytes"):
        return "0x" + word.hex()
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(word[-20:]))  # an address, or a contract's interface


def _immutables(places: Mapping[str, Any], within: str = "") -> Iterator[Immutable]:
    """The constants of a controller and, under `module.`, of the modules that it is made of."""
    for name, place in places.items():
        if isinstance(place.get("offset"), int):
            yield Immutable(within + name, str(place["type"]), place["offset"], place["length"])
        else:
            yield from _immutables(place, f"{within}{name}.")


def _sources(path: Path) -> dict[str, bytes]:
    """The file and what it imports, by name."""
    found: dict[str, bytes] = {}
    wanted = [path]
    while wanted:
        file = wanted.pop()
        if file.name in found:
            continue
        try:
            found[file.name] = file.read_bytes()
        except OSError as error:
            raise FileProblem(str(file), str(error.strerror)) from None
        wanted += [file.with_name(f"{name}.vy") for name in _IMPORTED.findall(found[file.name].decode())]
    return found


def _check_compiler(pinned: str) -> None:
    install = f"install it: python -m pip install vyper=={pinned}"
    try:
        import vyper
    except ImportError:
        raise ToolMissing(f"compiling controllers takes Vyper {pinned}", hint=install) from None
    if vyper.__version__.split("+")[0] != pinned:
        raise ToolMissing(f"compiling controllers takes Vyper {pinned}, not {vyper.__version__}", hint=install)


def main() -> None:
    """Compile the controllers named on the command line, or all."""
    for path in compile_all(only=sys.argv[1:]):
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
