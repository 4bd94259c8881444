"""Documents tell the truth: examples print what stands below them, commands parse, costs and layers are the code's."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest

from enigma import array as xp
from enigma.array import Array
from enigma.contract.evaluator.methods import METHODS
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.names import FUNCTIONS
from enigma.contract.reading.scan import MAX_BRACKETS, MAX_BYTES, MAX_LINE
from enigma.contract.reading.source import Source
from enigma.contract.typing import check
from enigma.contract.values.meter import ARRAY_STEPS, INTEGER_BITS, PROGRAM_STEPS, TEXT_LENGTH, Limits
from enigma.errors import ArgumentProblem, CallRefused, SourceProblem
from enigma.local.simulation import Simulation
from enigma.program import build
from enigma.program.cost import cost
from enigma.program.program import trace
from enigma.program.types import BOOL, Kind, Type, number
from enigma.protocol.replicated3.family import Replicated3

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LIBRARY = ROOT / "docs" / "library.md"
LANGUAGE = ROOT / "docs" / "language.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


# ---------------------------------------------------------------- what examples print

EXAMPLE = re.compile(
    r"^```(?:python([^\n]*)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?|console\n(.*?)^```)", re.MULTILINE | re.DOTALL
)
"""`python` and `python run` are run; `python contract NAME` is saved and checked, `python refused` only checked.

In a `console`, what follows a $ is run. `python run` may need the contracts that stand above it.
"""


def unlike_what_they_print(text: str) -> list[tuple[str, str]]:
    """Run a document's examples in order; (stated, printed) of each whose output is not the block right below it.

    Files are saved in the working folder. What a refused contract prints is its error. `...` in the output of a
    command stands for anything.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    wrong = []
    for what, code, stated, session in (example.groups() for example in EXAMPLE.finditer(text)):
        if session is not None:
            wrong += [(told, printed) for told, printed in commanded(session) if not alike(told, printed)]
        else:
            printed = printed_by(what.split(), code, names)
            if printed != (stated or ""):
                wrong.append((stated or "", printed))
    return wrong


def printed_by(what: list[str], code: str, names: dict[str, Any]) -> str:
    if what == ["refused"]:
        return refusal(code, "refused.py")
    if what[:1] == ["contract"]:
        Path(what[1]).write_text(code, encoding="utf-8")
        return "" if what[1].startswith("test_") else refusal(code, what[1])
    assert what in ([], ["run"]), f"no block of a document is {' '.join(what)}"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


def refusal(code: str, name: str) -> str:
    """Why a contract is refused before anything runs, with a newline; empty where it is not."""
    try:
        check(load(Source(name, code)))
    except SourceProblem as problem:
        return f"{problem}\n"
    return ""


COMMANDS = {
    "enigma": ["-c", "from enigma.cli import main; main()"],
    "pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
}


def commanded(session: str) -> Iterator[tuple[str, str]]:
    """For each command of a session, what stands below it and what it prints, errors included."""
    for step in session.split("$ ")[1:]:
        line, _, told = step.partition("\n")
        command, *words = shlex.split(line)
        if command == "cd":
            os.chdir(words[0])
            continue
        environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
        ran = subprocess.run(
            [sys.executable, *COMMANDS[command], *words], capture_output=True, text=True, check=False, env=environment
        )
        yield told, "".join(f"{each.rstrip()}\n" for each in (ran.stdout + ran.stderr).splitlines())


def alike(told: str, printed: str) -> bool:
    pattern = re.escape(told).replace(re.escape("...\n"), "(?:.*\n)?").replace(re.escape("..."), "[^\n]*")
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def test_a_wrong_output_is_found() -> None:
    right, wrong = (
        "```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n",
        "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n",
    )
    assert unlike_what_they_print(right) == []
    assert unlike_what_they_print(right + wrong) == [("3\n", "2\n")]
    assert unlike_what_they_print("```python\nprint(7)\n```\n") == [("", "7\n")]


def test_commands_print_what_stands_below_them() -> None:
    assert alike("a\n...\nd in ... s\n", "a\nb\nc\nd in 0.5 s\n")
    assert not alike("a\n...\nd\n", "a\nb\n")
    ((told, printed),) = commanded("$ enigma new 7\nno\n")
    assert told == "no\n"
    assert "no name for a contract" in printed


def test_a_contract_that_is_not_refused_as_it_says_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert unlike_what_they_print("```python contract a.py\nN = 1\n```\n") == []
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "N = 1\n"
    ((stated, printed),) = unlike_what_they_print("```python refused\nimport os\n```\n\n```text\nno\n```\n")
    assert stated == "no\n"
    assert printed.startswith("refused.py:1:1: ")


@pytest.mark.processes
@pytest.mark.parametrize("document", [README, LIBRARY, LANGUAGE, TUTORIAL], ids=lambda path: path.name)
def test_examples_print_what_the_document_says(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert unlike_what_they_print(text_of(document)) == []


def test_the_example_of_the_readme_is_short() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", text_of(README), re.MULTILINE | re.DOTALL)
    assert len(example.strip().splitlines()) <= 12


# ---------------------------------------------------------------- commands

SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands_in(text: str) -> list[list[str]]:
    """The words of every `enigma` command in shell blocks, without the first."""
    blocks = "\n".join(SHELL.findall(text)).replace("\\\n", " ")
    found = [shlex.split(line, comments=True) for line in blocks.splitlines()]
    return [words[1:] for words in found if words and words[0] == "enigma"]


@pytest.mark.parametrize("words", commands_in(text_of(README)), ids=" ".join)
def test_commands_in_the_readme_parse(words: list[str]) -> None:
    import typer.main

    from enigma.cli.app import app

    group: Any = typer.main.get_command(app)
    group.commands[words[0]].make_context(words[0], words[1:])
    absent = [word for word in words if word.startswith("examples/") and not (ROOT / word).is_file()]
    assert absent == []


def test_the_readme_shows_every_command() -> None:
    import typer.main

    from enigma.cli.app import app

    group: Any = typer.main.get_command(app)
    assert {words[0] for words in commands_in(text_of(README))} == set(group.commands)


# ---------------------------------------------------------------- costs

LARGE = 3 * 64 * 4096
"""Elements: a multiple of all that arrays are cut into, so that nothing is padded."""

COST_ROW = re.compile(r"^\| `([^`]+)` \| (\d+) \| ([\d.]+) \|$", re.MULTILINE)


def secret(index: int, type_: Type) -> Array:
    return Array(build.input_(index, (LARGE,), type_))


def operands() -> dict[str, Any]:
    """The arrays that the table of costs speaks of."""
    one = 1 << 20
    return {
        "xp": xp,
        "x": secret(0, number(-1000 * one, 1000 * one, 20, Kind.FIXED)),
        "y": secret(1, number(-1000 * one, 1000 * one, 20, Kind.FIXED)),
        "p": secret(2, number(one // 2, 1000 * one, 20, Kind.FIXED)),
        "i": secret(3, number(-1000, 1000)),
        "j": secret(4, number(-1000, 1000)),
        "w": secret(5, number(-(2**63), 2**63 - 1)),
        "a": secret(6, BOOL),
        "b": secret(7, BOOL),
    }


def test_the_table_of_costs_is_there() -> None:
    assert len(COST_ROW.findall(text_of(LIBRARY))) >= 20


@pytest.mark.parametrize(("expression", "rounds", "size"), COST_ROW.findall(text_of(LIBRARY)))
def test_costs_in_the_library_page(expression: str, rounds: str, size: str) -> None:
    result: Array = eval(expression, operands())
    found = cost(trace((), [result.node]), Replicated3())
    assert found.rounds == int(rounds)
    assert found.bytes_per_seat / LARGE == pytest.approx(float(size), abs=0.05 + 1e-9)


def test_a_matrix_product_costs_what_its_result_costs() -> None:
    type_ = number(-10 << 20, 10 << 20, 20, Kind.FIXED)
    left, right = (Array(build.input_(i, shape, type_)) for i, shape in enumerate([(1024, 512), (512, 768)]))
    product = left @ right
    found = cost(trace((), [product.node]), Replicated3())
    assert found.rounds == 2
    assert found.bytes_per_seat / prod(product.shape) == pytest.approx(14.7, abs=0.05)


# ---------------------------------------------------------------- the language

FRAME = """
Person = table(age=int(0, 120), phone=category("ios", "android"))


class Frame(Contract):
    release = always
    ages: map[address, private[int(0, 120)]]
    members: public[set[address]]
    people: private[Person]
    total: private[int(0, 100)] = 0
    count: public[int] = 0

    @predicate
    def adult(self, asker: address):
        return asker in self.members

    @private
    def f(self, x: private[int(0, 100)], y: private[fixed(-1, 1)], b: private[bool], v: private[int(0, 9)[3]],
          w: private[fixed(-1, 1)[2, 3]], labels: private[category(3)[3]], n: int, names: list[text]):
        LINES
"""
"""What the tables of the language speak of."""

GIVEN: dict[str, Any] = {
    "x": 42, "y": 0.5, "b": True, "v": [3, 1, 2], "w": [[0, 0.5, 1], [1, 0, 0]], "labels": [0, 2, 0], "n": 2,
    "names": ["ann", "bob", "cid"],
}  # fmt: skip

STATEMENTS = ("require", "emit", "MPC.set", "DHT.set")


def section(document: Path, title: str) -> str:
    """The text under a heading of the second level."""
    return text_of(document).split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    heads = {place - 1 for place, line in enumerate(lines) if re.fullmatch(r"[|\- ]+", line)}
    return [row for place, row in enumerate(cells) if place not in heads and not re.fullmatch(r"[|\- ]+", lines[place])]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def run_in_frame(*codes: str) -> None:
    """Deploy and call the frame with these lines: `head: line` is a block, the value of an expression is assigned."""
    lines = ["self.ages[sender] = 30"]
    for code in codes:
        head, colon, inner = code.partition(": ")
        if colon and head.split()[0] in ("if", "for", "while"):
            lines += [f"{head}:", f"    {inner}"]
        elif re.match(r"""[\w.\["\]]+ = |return """, code) or code.startswith(STATEMENTS):
            lines.append(code)
        else:
            lines.append(f"result = {code}")
    source = FRAME.replace("LINES", "\n        ".join(lines))
    Simulation().deploy_source(Source("frame.py", source)).as_("ann").f(**GIVEN)


REWRITES = [tuple(codes(cell)[0] for cell in row) for row in rows(section(LANGUAGE, "Private conditions"))]
CALLS = [code for row in rows(section(LANGUAGE, "Built-in functions")) if "(" in row[0] for code in codes(row[0])]
PREDICATES = [codes(row[0])[0] for row in rows(section(LANGUAGE, "Predicates and identities"))]


@pytest.mark.parametrize(("refused", "accepted"), REWRITES)
def test_what_is_refused_on_private_values_and_what_stands_beside_it(refused: str, accepted: str) -> None:
    with pytest.raises((SourceProblem, ArgumentProblem)) as problem:
        run_in_frame(refused)
    assert isinstance(problem.value, SourceProblem)
    run_in_frame(accepted)


@pytest.mark.parametrize("call", CALLS)
def test_calls_of_built_in_functions(call: str) -> None:
    run_in_frame(call)


@pytest.mark.parametrize("predicate", PREDICATES)
def test_predicates(predicate: str) -> None:
    run_in_frame(f'DHT.set("k", 1, {predicate})')


ENTRIES = [[code for cell in row[:2] for code in codes(cell)] for row in rows(section(LANGUAGE, "L, DHT and MPC"))]


@pytest.mark.parametrize("entries", ENTRIES, ids=lambda codes: codes[0])
def test_what_is_written_is_read(entries: list[str]) -> None:
    run_in_frame(*entries)


@pytest.mark.parametrize("code", [code for row in rows(section(LANGUAGE, "A file")) for code in codes(row[1])])
def test_what_stands_in_a_file(code: str) -> None:
    assert refusal(f"{code}\n", "file.py") == ""


def test_fields() -> None:
    fields = [codes(row[0])[0] for row in rows(section(LANGUAGE, "Fields"))]
    body = "".join(f"    {field}\n" for field in fields)
    assert refusal(f"Customer = table(age=int(0, 9))\nclass Fields(Contract):\n{body}", "fields.py") == ""


TYPES = [(code, *row[1:3]) for row in rows(section(LANGUAGE, "Types")) for code in codes(row[0])]
PARTS = {"lo": "0", "hi": "9", "scale": "10", "n": "3", "K": "text", "V": "int"}


@pytest.mark.parametrize(("type_", "public", "private"), TYPES)
def test_types(type_: str, public: str, private: str) -> None:
    element = "int" if type_.startswith(("list", "set")) else "int(0, 9)"
    spelled = re.sub(r"\b\w+\b", lambda word: {**PARTS, "T": element}.get(word[0], word[0]), type_)
    head = "Customer = table(age=int(0, 9))\nclass Types(Contract):\n"
    assert (refusal(f"{head}    x: public[{spelled}]\n", "types.py") == "") is (public == "yes")
    method = f"    @private\n    def f(self, x: private[{spelled}]):\n        pass\n"
    assert (refusal(head + method, "types.py") == "") is (private == "yes")


def test_every_built_in_function_is_listed() -> None:
    shown = {call.partition("(")[0] for call in CALLS}
    assert sorted(FUNCTIONS - {"proven"}) == sorted(shown)


def test_every_method_and_attribute_is_listed() -> None:
    table = section(LANGUAGE, "Built-in functions").split("| of |", 1)[1]
    named = {"a private array": "array", "a private map": "private map", "a table": "table"}
    kinds = {what: named.get(what, what.removeprefix("a ")) for what, _ in rows("\n|-|-|\n" + table)}
    shown = {
        kinds[what]: {name[1:] for name in codes(cell) if name[0] == "."} for what, cell in rows("|-|-|\n" + table)
    }
    there = {kind: set(methods) for kind, methods in METHODS.items()}
    there["array"] |= {"shape", "ndim", "size", "range", "scale", "T", "mT"}
    there["table"] |= {"owners"}
    assert shown == there


def test_the_standard_library_is_listed() -> None:
    library = StandardLibrary()
    there = {
        name
        for each in library.names
        for name in re.findall(r"^def (\w+)\(", library.standard(each).text, re.MULTILINE)
    }
    listed = {
        code.partition("(")[0] for row in rows(section(LANGUAGE, "The standard library")) for code in codes(row[0])
    }
    assert listed <= there


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    there = [
        limits.steps, ARRAY_STEPS, PROGRAM_STEPS, limits.depth, limits.items, limits.elements, limits.total_elements,
        INTEGER_BITS, TEXT_LENGTH, MAX_BYTES, MAX_LINE, MAX_BRACKETS,
    ]  # fmt: skip
    assert [int(row[1].replace(",", "")) for row in rows(section(LANGUAGE, "Limits"))] == there


def test_every_error_of_a_source_is_listed() -> None:
    listed = {codes(row[0])[0] for row in rows(section(LANGUAGE, "Errors"))}
    classes = [*SourceProblem.__subclasses__(), CallRefused, *CallRefused.__subclasses__(), ArgumentProblem]
    assert listed == {each.__name__ for each in classes}


# ---------------------------------------------------------------- layers and packages


def test_the_layers_are_the_linted_ones() -> None:
    linted = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in linted if contract["id"] == "layers")
    (shown,) = re.findall(r"^```layers\n(.*?)^```", text_of(ARCHITECTURE), re.MULTILINE | re.DOTALL)
    assert shown.splitlines() == [re.sub(r"[()]", "", layer) for layer in layers]


def test_the_map_names_every_package() -> None:
    source = ROOT / "src" / "enigma"
    there = {".".join(path.parent.relative_to(source).parts) for path in source.rglob("__init__.py")} - {""}
    named = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", text_of(ARCHITECTURE), re.MULTILINE))
    assert named == there | {"errors"}


def test_decisions_are_numbered_and_complete() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:5] for page in pages] == [f"{number:04}-" for number in range(1, len(pages) + 1)]
    for page in pages:
        headings = re.findall(r"^## (.+)$", text_of(page), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Source"], page.name
