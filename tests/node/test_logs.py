"""What a node says about itself: one line for an event, and no value of an error that is not ours."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from enigma.errors import NetworkError
from enigma.node.logs import LONGEST, configure, event, timed, words_of

Lines = Callable[[], list[str]]
SECRET = "8457120096351"


@pytest.fixture
def listening() -> Iterator[Callable[..., Lines]]:
    """Configures logging into memory; afterwards everything is as it was."""
    root, node = logging.getLogger(), logging.getLogger("enigma.node")
    before = root.handlers[:], root.level, node.level, threading.excepthook, sys.excepthook

    def listen(form: str = "json", level: str = "info") -> Lines:
        stream = io.StringIO()
        configure(level, form, stream)
        return lambda: stream.getvalue().splitlines()

    yield listen
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level, node.level, threading.excepthook, sys.excepthook = before
    root.setLevel(before[1])


def test_an_event_as_json(listening: Callable[..., Lines]) -> None:
    lines = listening()
    event("job asked", job=7, contract="ab", seconds=0.25, fine=True, reason=None)
    (line,) = map(json.loads, lines())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "event": "job asked", "job": 7, "contract": "ab", "seconds": 0.25, "fine": True, "reason": None
    }  # fmt: skip


def test_an_event_for_a_person(listening: Callable[..., Lines]) -> None:
    lines = listening("human")
    event("node is ready", block=12, seconds=1.5, waits="two words", none="", quote='a"b')
    event("job failed", level=logging.WARNING, job=3)
    first, second = (line[21:] for line in lines())
    assert first == 'node is ready  block=12  seconds=1.500  waits="two words"  none=""  quote="a\\"b"'
    assert second == "warning: job failed  job=3"


@pytest.mark.parametrize("form", ["json", "human"])
def test_one_line_whatever_is_in_it(listening: Callable[..., Lines], form: str) -> None:
    lines = listening(form)
    event("job has a problem", problem="one\ntwo\r\n{} \x1b[31m\u2028three", other="x" * 10_000)
    (line,) = lines()
    assert "\x1b" not in line
    assert len(line) < 2 * LONGEST


@pytest.mark.parametrize("value", [b"key", bytearray(b"key"), ["a"], {"a": 1}, object()])
def test_bytes_and_trees_are_refused(listening: Callable[..., Lines], value: object) -> None:
    lines = listening()
    with pytest.raises(TypeError, match="the field piece of a log"):
        event("job asked", piece=value)  # type: ignore[arg-type]
    assert lines() == []


def test_levels(listening: Callable[..., Lines]) -> None:
    lines = listening(level="warning")
    event("one")
    event("two", level=logging.ERROR)
    logging.getLogger("uvicorn.error").info("three")
    assert [json.loads(line)["event"] for line in lines()] == ["two"]


def failing() -> None:
    raise ValueError(f"cannot read {SECRET}")


def test_errors_of_others_are_told_without_their_text() -> None:
    with pytest.raises(ValueError, match=SECRET) as caught:
        failing()
    told = words_of(caught.value)
    assert SECRET not in told
    assert told.startswith("ValueError at test_logs.py:")
    assert words_of(NetworkError("seat 2 is silent", hint="wait")) == "seat 2 is silent"


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_defect_of_a_thread(listening: Callable[..., Lines], form: str) -> None:
    lines = listening(form)
    thread = threading.Thread(target=failing, name="worker")
    thread.start()
    thread.join()
    (line,) = lines()
    assert "a defect ended a thread" in line
    assert "test_logs.py" in line
    assert SECRET not in line


def test_a_library_that_logs_an_exception(listening: Callable[..., Lines]) -> None:
    lines = listening()
    try:
        failing()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("request of %s failed", SECRET)
    found = [json.loads(line) for line in lines()]
    assert (found[0]["logger"], found[0]["words"]) == ("uvicorn.error", "request of %s failed")
    assert found[0]["problem"].startswith("ValueError at ")
    assert SECRET not in "".join(lines())


def test_a_sentence_is_told_once() -> None:
    told: list[str] = []
    say = timed(told.append)
    for sentence in ("a", "a", "b", "", "", "b"):
        say(sentence)
    assert told == ["a", "b", "b"]
