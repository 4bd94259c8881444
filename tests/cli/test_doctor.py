"""The doctor tells what is there, what is not, and how to mend it."""

from __future__ import annotations

import io
import shutil
import sys
from importlib import metadata

import pytest
from rich.console import Console

from enigma.cli.doctor import Finding, diagnose, exit_status, print_report


def report(findings: list[Finding]) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_report(findings, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def finding(name: str) -> Finding:
    return next(found for found in diagnose() if found.name == name)


def test_this_machine_can_run_the_main_job() -> None:
    findings = diagnose()
    assert exit_status(findings) == 0
    assert "The main job can run here." in report(findings)
    assert all(found.mend for found in findings if not found.ok)


def test_names_are_unique() -> None:
    names = [found.name for found in diagnose()]
    assert len(names) == len(set(names))


def test_something_needed_is_missing() -> None:
    findings = [
        Finding("TLS 1.3", False, "no ssl", "another Python", needed=True),
        Finding("npm", False, "not found", "install"),
    ]
    assert exit_status(findings) == 1
    text = report(findings)
    assert "The main job cannot run here: TLS 1.3." in text
    assert "another Python" in text


def test_something_optional_is_missing() -> None:
    assert exit_status([Finding("npm", False, "not found", "install it")]) == 0


def test_without_native_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "enigma.algebra.kernels._native", None)
    found = finding("kernels")
    assert not found.ok
    assert not found.needed
    assert "NumPy twin" in found.what


def test_without_compiler_and_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert [finding(name).ok for name in ("C compiler", "node", "npm")] == [False, False, False]
    assert exit_status(diagnose()) == 0


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "scikit-learn":
            raise metadata.PackageNotFoundError(name)
        return metadata.version(name)

    monkeypatch.setattr("enigma.cli.doctor.version", version)
    found = finding("extra: demo")
    assert not found.ok
    assert "scikit-learn" in found.what
    assert "pip install 'enigma[demo]'" in found.mend


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("enigma.cli.doctor.requires", nothing)
    assert exit_status(diagnose()) == 1
