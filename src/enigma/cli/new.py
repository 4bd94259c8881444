"""`enigma new`: a project of one contract, whose test passes."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

from rich.text import Text

from enigma.cli import templates
from enigma.cli.work import consoles
from enigma.contract.reading.names import BUILTINS
from enigma.errors import ArgumentProblem, FileProblem

MOST_CHARACTERS = 64


def run(name: str, path: Path) -> None:
    """The whole command."""
    module = module_name(name)
    folder = path / name
    written = write(folder, module)
    output, _ = consoles()
    output.print(Text.assemble("Made ", (str(folder), "bold"), ":"))
    for file, purpose in written.items():
        output.print(Text(f"  {file:<{max(map(len, written))}}  {purpose}"))
    output.print(f"Next: cd {folder}, and run pytest and enigma check {module}.py. Then write a contract of your own.")


def module_name(name: str) -> str:
    """The name of the contract's file: small letters, digits and _. Raises `ArgumentProblem`."""
    module = name.lower().replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module) or len(module) > MOST_CHARACTERS:
        hint = f"letters, digits, - and _, up to {MOST_CHARACTERS}, and a letter first: shared-salaries"
        raise ArgumentProblem(f"{name!r} is no name for a contract", hint=hint)
    if keyword.iskeyword(module) or class_name(module) in BUILTINS:
        raise ArgumentProblem(f"{name!r} is a word of the language", hint=f"choose another name: my-{name}")
    if find_spec(module) is not None:
        hint = f"a file {module}.py beside the tests would hide it; choose another name: my-{name}"
        raise ArgumentProblem(f"there is a Python module {module} already", hint=hint)
    return module


def class_name(module: str) -> str:
    """`shared_salaries` as `SharedSalaries`."""
    return "".join(word.capitalize() for word in module.split("_"))


def write(folder: Path, module: str) -> dict[str, str]:
    """Make the files: what each is for, by its name. Raises `FileProblem`, and then has written none."""
    files = {
        f"{module}.py": (templates.CONTRACT, "the contract"),
        f"test_{module}.py": (templates.TEST, "its test"),
        "README.md": (templates.README, "what it is, and how to run it"),
    }
    names = {"module": module, "class_name": class_name(module)}
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileProblem(str(folder), "is there already, and not an empty folder", hint="choose another name")
        folder.mkdir(parents=True, exist_ok=True)
        for file, (template, _) in files.items():
            (folder / file).write_text(template.format_map(names), encoding="utf-8")
    except OSError as error:
        raise FileProblem(error.filename or str(folder), error.strerror or "cannot be written") from None
    return {file: purpose for file, (_, purpose) in files.items()}
