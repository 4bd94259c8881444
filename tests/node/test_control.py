"""A running node is asked over a socket in its folder."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from enigma.errors import ArgumentProblem
from enigma.node import control
from enigma.node.control import ControlSocket


def test_nobody_there(tmp_path: Path) -> None:
    assert control.ask(tmp_path) is None
    assert control.ask(tmp_path / "none") is None


@pytest.mark.parametrize("depth", [0, 8])
def test_asked_twice(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    count = iter(range(1, 9))
    answering = ControlSocket(folder, lambda: {"pid": 1, "count": next(count)})
    try:
        assert [control.ask(folder), control.ask(folder)] == [{"pid": os.getpid(), "count": n} for n in (1, 2)]
        assert (folder / "control").stat().st_mode & 0o077 == 0
    finally:
        answering.close()
    assert control.ask(folder) is None
    assert not (folder / "control").exists()


def test_what_a_killed_process_left_behind(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "control"))
    left.close()
    assert (tmp_path / "control").exists()
    assert control.ask(tmp_path) is None
    answering = ControlSocket(tmp_path, lambda: {"pid": 1})
    assert control.ask(tmp_path) == {"pid": os.getpid()}
    answering.close()


def test_one_who_connects_and_leaves(tmp_path: Path) -> None:
    asked = threading.Event()

    def tell() -> dict[str, object]:
        asked.set()
        return {"pid": 1, "much": "x" * (1 << 20)}

    answering = ControlSocket(tmp_path, tell)
    with socket.socket(socket.AF_UNIX) as rude:
        rude.connect(str(tmp_path / "control"))
        asked.wait()
    told = control.ask(tmp_path)
    assert told is not None
    assert len(told["much"]) == 1 << 20
    answering.close()


def test_a_question(tmp_path: Path) -> None:
    def answer(question: dict[str, Any]) -> dict[str, Any]:
        if "look" not in question:
            raise ArgumentProblem("there is no such thing", hint="ask for another")
        return {"seen": question["look"]}

    answering = ControlSocket(tmp_path, lambda: {"pid": 1}, answer)
    try:
        assert control.ask(tmp_path, {"look": 7}) == {"seen": 7}
        with pytest.raises(ArgumentProblem, match="no such thing"):
            control.ask(tmp_path, {"other": 7})
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(tmp_path / "control"))
            rude.sendall(b"[1, 2\n")
            assert b"one object of JSON" in rude.recv(1 << 12)
        assert control.ask(tmp_path) == {"pid": os.getpid()}
    finally:
        answering.close()


def test_a_process_that_answers_no_question(tmp_path: Path) -> None:
    answering = ControlSocket(tmp_path, lambda: {"pid": 1})
    with pytest.raises(ArgumentProblem, match="no such question"):
        control.ask(tmp_path, {"look": 7})
    answering.close()
