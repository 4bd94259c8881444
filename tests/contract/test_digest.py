"""A call has one digest: in every interpreter, directory and process; and another where anything differs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.contract.digest_examples import EXAMPLES, Example, derived, everything

from enigma.algebra import kernels
from enigma.errors import EnigmaError

PINNED = Path(__file__).with_name("digests.json")
AGAIN = f"python -m tests.contract.digest_examples > tests/contract/{PINNED.name}"
INTERPRETERS = ("python3.11", "python3.12", "python3.13", "python3.14")


ROOT = Path(__file__).resolve().parents[2]


def in_a_process(interpreter: str, seed: str, folder: Path, *options: str) -> Any:
    found = subprocess.run(
        [interpreter, *options, "-m", "tests.contract.digest_examples"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )
    return json.loads(found.stdout)


def test_digests_are_as_pinned() -> None:
    assert everything() == json.loads(PINNED.read_text()), (
        "the digests of calls changed: nodes of two versions would not agree on a program. Where that is meant, say so "
        f"in the change, raise the version that digests cover, and write them anew: {AGAIN}"
    )


@pytest.mark.processes
@pytest.mark.parametrize("seed", ["0", "1", "2", "4242", "random"])
def test_hash_seeds_and_directories_make_no_difference(seed: str, tmp_path: Path) -> None:
    assert in_a_process(sys.executable, seed, tmp_path) == json.loads(PINNED.read_text())


@pytest.mark.processes
def test_optimised_bytecode_makes_no_difference(tmp_path: Path) -> None:
    assert in_a_process(sys.executable, "7", tmp_path, "-OO") == json.loads(PINNED.read_text())


@pytest.mark.processes
@pytest.mark.parametrize("name", INTERPRETERS)
def test_interpreters_agree(name: str, tmp_path: Path) -> None:
    interpreter = shutil.which(name)
    if interpreter is None:
        pytest.skip(f"there is no {name} on this machine")
    needs = ("numpy", "cffi", "cryptography")
    tried = {
        need: subprocess.run([interpreter, "-c", f"import {need}"], check=False, capture_output=True) for need in needs
    }
    missing = [need for need, run in tried.items() if run.returncode]
    if missing:
        pytest.skip(f"{name} on this machine lacks {', '.join(missing)}")
    assert in_a_process(interpreter, "11", tmp_path) == json.loads(PINNED.read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_name_of_the_file_makes_no_difference(example: Example) -> None:
    assert derived(example, file="/elsewhere/another name.py") == derived(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_kernels_make_no_difference(example: Example) -> None:
    plain = derived(example, kernels="plain")
    assert plain == derived(example)
    try:
        kernels.load("native")
    except EnigmaError as error:
        pytest.skip(f"the C kernels are not built: {error}")
    assert derived(example, kernels="native") == plain


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_comment_is_another_source(example: Example) -> None:
    other = derived(example, source=f"{example.source}# a remark\n")
    for before, after in zip(derived(example), other, strict=True):
        assert before["digest"] != after["digest"]
        assert before["programs"] == after["programs"], "what runs is the same"


def changed(example: Example, name: str, **arguments: Any) -> Example:
    calls = tuple((f, {**given, **arguments} if f == name else given) for f, given in example.calls)
    return Example(example.name, example.source, calls)


def test_a_public_argument_is_another_call() -> None:
    scalars, tables, stores = EXAMPLES
    for example, other in [
        (scalars, changed(scalars, "run", k=3)),
        (scalars, changed(scalars, "run", who="eve")),
        (tables, changed(tables, "run", k=1)),
        (stores, changed(stores, "run", to="bob")),
    ]:
        assert derived(example)[-1]["digest"] != derived(other)[-1]["digest"]


def test_a_private_argument_is_none() -> None:
    tables, stores = EXAMPLES[1:]
    assert derived(changed(tables, "run", x=[0, 0, 0, 0])) == derived(tables)
    assert derived(changed(stores, "run", x=False)) == derived(stores)


def test_another_shape_is_another_program() -> None:
    tables = EXAMPLES[1]
    more = changed(tables, "add", rows={"age": [1] * 4, "height": [1.0] * 4, "kind": ["a"] * 4})
    before, after = derived(tables), derived(more)
    assert before[1]["programs"]["plain"] != after[1]["programs"]["plain"]
    assert before[1]["digest"] != after[1]["digest"]
