"""What people see of something that goes on."""

from __future__ import annotations

import io

from enigma.client.progress import ShownProgress, Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_steps_in_words() -> None:
    assert str(Step("asking")) == "asking"
    assert str(Step("program 1", 3, 1200, "rounds")) == "program 1: 3 of 1,200 rounds"
    assert str(Step("sending", 1_500_000, 3_000_000_000, "bytes")) == "sending: 1.5 MB of 3.0 GB, 0 %"
    assert str(Step("sending", 12, 2500, "bytes")) == "sending: 12 bytes of 2.5 kB, 0 %"


def test_a_terminal_has_one_line_that_is_cleared() -> None:
    terminal = Terminal()
    shown = ShownProgress(terminal)
    shown(Step("a longer step"))
    shown(Step("short"))
    shown.line("a sentence")
    shown(Step("last"))
    shown.end()
    shown.end()
    assert terminal.getvalue() == "\ra longer step\rshort        \ra sentence\n\rlast\r    \r"


def test_where_nobody_looks_nothing_is_written() -> None:
    stream = io.StringIO()
    shown = ShownProgress(stream)
    shown(Step("asking"))
    shown.line("a sentence")
    shown.end()
    assert stream.getvalue() == ""
