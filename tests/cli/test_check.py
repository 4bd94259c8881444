"""`enigma check` as people read it, and as programs do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.local.test_checking import BRANCHES, LEAKS, OVERFLOW, SALARIES, written
from typer.testing import Result

Run = Callable[..., Result]


def lines(result: Result) -> list[str]:
    """What was printed, without the blanks at the ends of lines and between columns."""
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_a_contract_that_is_fine(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, SALARIES))
    assert result.exit_code == 0
    assert result.stderr == ""
    shown = lines(result)
    assert shown[0].startswith("Salaries ")
    assert shown[1] == "What do we earn?"
    assert "Who learns what" in shown
    assert "submit runs on the committee" in shown
    assert "- Nobody learns anything else." in shown
    assert "- Everyone learns that `average` was called, by whom and when." in shown
    assert "salaries map[address, private[int(0, 1000000)]] 0 .. 1,000,000, whole" in shown
    assert "Values that are opened" in shown
    assert "rank end a member whole number 1 .. 6 exact" in shown
    assert any(line.startswith("What a call costs each seat") for line in shown)
    assert any(line.startswith("average 5 ") and line.count(" ms") == 2 for line in shown)
    assert any("1 Gbit/s, 0.5 ms round trip" in line and "100 Mbit/s, 40 ms" in line for line in shown)
    assert shown[-1] == "Nothing is refused."


def test_a_revealed_answer(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, BRANCHES), "--rows", 100)
    assert result.exit_code == 0
    shown = lines(result)
    assert any(line.startswith("by_answer in total ") for line in shown)
    assert any(line.startswith("at most, over 2 paths ") for line in shown)
    assert any("the largest found, over 3 paths" in line for line in shown)
    assert any("all 2 ways were tried" in " ".join(pair) for pair in itertools.pairwise(shown))
    assert any(line.startswith("Tried on 100 made-up rows") for line in shown)


def test_an_overflow(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, OVERFLOW)
    result = run("check", path)
    assert result.exit_code == 1
    shown = result.stdout.splitlines()
    first = next(i for i, line in enumerate(shown) if line.startswith(f"{path}:6:9: self.total is int(0, 1000000)"))
    assert shown[first + 1] == "    6 |         self.total = self.total + x"
    assert shown[first + 2] == "      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^"
    assert "clip(" in shown[first + 3]
    assert any(line.startswith(f"{path}:10:") and "leaves 64 bits" in line for line in shown)
    assert shown[-1] == "Refused: 2 problems."


def test_leaks_are_all_listed_in_order(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, LEAKS)
    result = run("check", path)
    assert result.exit_code == 1
    found = [line.removeprefix(f"{path}:").split(":")[0] for line in lines(result) if line.startswith(f"{path}:")]
    assert found == ["6", "10", "14"]
    assert lines(result)[-1] == "Refused: 3 problems."
    assert "What a call costs" not in result.stdout


def test_what_could_not_be_tried_is_said(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, SALARIES), "--set", "fewest=9")
    assert result.exit_code == 0
    assert any(line.startswith("- average needs: too few") for line in lines(result))
    assert lines(result)[-1] == "Nothing is refused; not everything could be tried."


def test_square_brackets_are_text(run: Run, tmp_path: Path) -> None:
    text = SALARIES.replace('"""What do we earn?"""', '"""What [bold]do[/bold] we earn?"""')
    assert lines(run("check", written(tmp_path, text)))[1] == "What [bold]do[/bold] we earn?"


def test_one_object(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, BRANCHES), "--rows", 100, "--args", "by_number.extra=3", "--json")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    account = json.loads(line)
    assert set(account) == {
        "file", "contract", "digest", "fine", "problems", "functions", "fields", "rows", "data", "rules", "assumptions",
    }  # fmt: skip
    assert (account["contract"], account["fine"], account["rows"]) == ("Branches", True, 100)
    found = {each["name"]: each for each in account["functions"]}
    assert set(found["by_answer"]) == {
        "name", "runs", "reveals", "caller", "arguments", "programs", "total", "most", "maximum_is", "paths",
        "paths_cut", "worst_error", "worst_error_of_range", "notes", "untraced", "hint",
    }  # fmt: skip
    assert found["by_answer"]["maximum_is"] == "at most"
    assert found["by_number"]["arguments"] == {"extra": "3"}
    program = found["by_answer"]["programs"][0]
    assert set(program) == {
        "rounds", "seat_bytes", "peak_bytes", "lan_seconds", "wan_seconds", "opened", "widest_bits", "comparisons",
        "comparisons_differing",
    }  # fmt: skip
    assert set(program["opened"][0]) == {
        "line", "to", "shape", "kind", "lo", "hi", "fractional_bits", "error", "error_of_range", "differing",
    }  # fmt: skip
    total = found["by_answer"]["total"]
    assert total["rounds"] == sum(each["rounds"] for each in found["by_answer"]["programs"])
    assert len(total["seat_bytes"]) == 3


def test_one_object_of_a_refused_contract(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, LEAKS), "--json")
    assert result.exit_code == 1
    account = json.loads(result.stdout)
    assert not account["fine"]
    assert [each["line"] for each in account["problems"]] == [6, 10, 14]
    assert set(account["problems"][0]) == {
        "kind", "file", "line", "column", "reason", "hint", "fragment", "excerpt",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["hello world", "x = ", "class A(Contract):", "import os\n"])
def test_what_is_no_contract_at_all(run: Run, tmp_path: Path, text: str) -> None:
    result = run("check", written(tmp_path, text))
    assert result.exit_code == 1
    assert lines(result)[-1] == "Refused: 1 problem."
    assert "^" in result.stdout


def test_a_module(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path, "def double(x):\n    return x + x\n"))
    assert result.exit_code == 0
    assert "declares no contract" in result.stdout


def test_what_a_tired_user_types(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, SALARIES)
    empty, binary = written(tmp_path, "", "empty.py"), tmp_path / "binary.py"
    binary.write_bytes(b"\x00\xff\xfe")
    wrong: list[tuple[list[object], str]] = [
        ([tmp_path / "nothing.py"], "No such file"),
        ([tmp_path], "is a directory"),
        ([empty], "is empty"),
        ([binary], "not a text"),
        ([path, "--args", "f.k=1"], "no function f"),
        ([path, "--args", "rank.k=1"], "no argument k"),
        ([path, "--args", "k"], "sets nothing"),
        ([path, "--set", "fewest=few"], "whole number"),
        ([path, "--rows", 0], "rows are tried"),
        ([path, "--data", tmp_path / "nothing.csv"], "is not there"),
        ([path, "--data", tmp_path], "is a directory"),
        ([path, "--data", path], "columns"),
    ]
    for arguments, words in wrong:
        result = run("check", *arguments)
        assert result.exit_code == 2, arguments
        assert words in " ".join(result.stderr.split()), arguments
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
