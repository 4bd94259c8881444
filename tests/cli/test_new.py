"""`enigma new`: a project whose own tests pass, and names that it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.commands import environment
from typer.testing import Result

import enigma

Run = Callable[..., Result]


def test_the_tests_of_a_new_project_pass(run: Run, tmp_path: Path) -> None:
    result = run("new", "shared-salaries", "--path", tmp_path)
    assert result.exit_code == 0, result.stderr
    folder = tmp_path / "shared-salaries"
    assert sorted(file.name for file in folder.iterdir()) == [
        "README.md",
        "shared_salaries.py",
        "test_shared_salaries.py",
    ]
    assert "class SharedSalaries(Contract):" in (folder / "shared_salaries.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_it_says_what_to_do_next(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "poll")
    assert result.exit_code == 0, result.stderr
    assert "Made poll:" in result.stdout
    assert "test_poll.py" in result.stdout
    assert "Next: cd poll, and run pytest and enigma check poll.py." in result.stdout
    assert result.stderr == ""


@pytest.mark.processes
def test_its_readme_runs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("new", "poll", "--path", tmp_path).exit_code == 0
    monkeypatch.chdir(tmp_path / "poll")
    text = Path("README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        exec(block, names)
    assert float(capsys.readouterr().out) == pytest.approx(7, abs=1e-4)
    assert "{" not in text


def test_it_is_made_in_an_empty_folder_only(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("new", "empty", "--path", tmp_path).exit_code == 0
    before = {file: file.read_text(encoding="utf-8") for file in (tmp_path / "empty").iterdir()}
    again = run("new", "empty", "--path", tmp_path)
    assert again.exit_code == 2
    assert "is there already, and not an empty folder" in again.stderr
    assert {file: file.read_text(encoding="utf-8") for file in (tmp_path / "empty").iterdir()} == before
    (tmp_path / "taken").write_text("a file\n", encoding="utf-8")
    assert run("new", "taken", "--path", tmp_path).exit_code == 2
    assert run("new", "inside", "--path", tmp_path / "taken").exit_code == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "no name for a contract"),
        ("2polls", "no name for a contract"),
        ("../poll", "no name for a contract"),
        ("a b", "no name for a contract"),
        ("größe", "no name for a contract"),
        ("x" * 65, "no name for a contract"),
        ("class", "a word of the language"),
        ("contract", "a word of the language"),
        ("l", "a word of the language"),
        ("numpy", "a Python module numpy already"),
        ("enigma", "a Python module enigma already"),
        ("json", "a Python module json already"),
    ],
)
def test_names_that_are_refused(run: Run, tmp_path: Path, name: str, words: str) -> None:
    result = run("new", name, "--path", tmp_path)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_its_contract_passes_the_check(run: Run, tmp_path: Path) -> None:
    run("new", "poll", "--path", tmp_path)
    file = tmp_path / "poll" / "poll.py"
    assert repr(enigma.simulate(file)).startswith("<Poll at 0x")
    assert run("check", file).exit_code == 0
