"""Which revealed values can decide what a call costs."""

from __future__ import annotations

import pytest

from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.report.deciding import deciding


def places(body: str, more: str = "") -> set[int]:
    """The lines, counted from the first of the body."""
    indented = "\n".join(f"        {line}" for line in body.splitlines())
    text = f"class A(Contract):\n    x: private[int(0, 9)] = 0\n\n    @private\n    def f(self):\n{indented}\n{more}"
    return {int(place.rpartition(":")[2]) - 5 for place in deciding(load(Source("a.py", text)))}


@pytest.mark.parametrize(
    "body",
    [
        "return reveal(self.x, to=everyone)",
        "return reveal(self.x), [reveal(self.x, to=everyone)], {1: reveal(self.x, to=everyone)}",
        "n = reveal(self.x, to=everyone)\nreturn n, n",
        'emit("Sum", value=reveal(self.x, to=everyone))',
        "reveal(self.x, to=everyone)",
        'n = reveal(self.x, to=everyone)\nemit("Sum", n=n)\nreturn n',
        "return reveal(self.x)",
    ],
)
def test_shown_and_no_more(body: str) -> None:
    assert places(body) == set()


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if reveal(self.x > 3, to=everyone):\n    return 1\nreturn 2", {1}),
        ('require(reveal(self.x > 3, to=everyone), "small")', {1}),
        ("n = reveal(self.x, to=everyone)\nif n > 3:\n    return 1\nreturn n", {1}),
        ("n = reveal(self.x, to=everyone) + 1\nreturn n", {1}),
        ("while reveal(self.x > 3, to=everyone):\n    self.x = 0", {1}),
        ("return range(reveal(self.x, to=everyone))[0]", {1}),
        ("return max(reveal(self.x, to=everyone), 3)", {1}),
    ],
)
def test_used_afterwards(body: str, lines: set[int]) -> None:
    assert places(body) == lines


def test_what_another_function_gets_back_is_used() -> None:
    more = "\n    def g(self):\n        return reveal(self.x, to=everyone)\n"
    assert places("return self.g()", more) == {4}
