"""What the parser accepts, what it gives, and that no text makes it fail otherwise or slowly."""

from __future__ import annotations

import ast
import random
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.reading.test_refusals import ROWS

from enigma.contract.reading.loading import load
from enigma.contract.reading.scan import MAX_BYTES, MAX_LINE
from enigma.contract.reading.source import Source
from enigma.contract.reading.syntax import MAX_DEPTH, parse
from enigma.errors import NotTheLanguage, OutOfFuel, SourceProblem

ACCEPTED = [row.accepted for row in ROWS if row.accepted]


def constants(text: str) -> list[object]:
    return [node.value for node in ast.walk(parse(Source("sample.py", text))) if isinstance(node, ast.Constant)]


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("0.1", Decimal("0.1")),
        ("1_000.5e-3", Decimal("1000.5e-3")),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1e3", Decimal(1000)),
        ("0.30000000000000004", Decimal("0.30000000000000004")),
        ("0xE+1", 14),
        ("0b1_0", 2),
        ("0o17", 15),
        ("1_000", 1000),
        ("'é\\u00e9\\x41'", "ééA"),
        ("r'\\d'", "\\d"),
        ("'a' 'b'", "ab"),
        ("'''a\n\"'b'''", "a\n\"'b"),
        ("'a\\\nb'", "ab"),
        ("'#[('", "#[("),
    ],
)
def test_literals(spelled: str, value: object) -> None:
    found = constants(f"x = {spelled}\n")[0]
    assert found == value
    assert type(found) is type(value)


def test_no_binary_float_is_left() -> None:
    for text in ACCEPTED:
        assert not any(isinstance(value, float) for value in constants(text))


def test_a_decimal_on_a_line_with_wider_characters() -> None:
    assert constants("x = ['é', 0.25]\n") == ["é", Decimal("0.25")]


def test_line_ends_of_windows() -> None:
    assert constants("x = '''a\r\nb'''\r\ny = 2\r\n") == ["a\nb", 2]


def test_brackets_in_texts_and_comments_do_not_count() -> None:
    parse(Source("sample.py", f"x = '{'[' * 200}'  # {'(' * 200}\n"))


def test_indentation_inside_of_brackets_does_not_count() -> None:
    parse(Source("sample.py", "x = [\n" + "".join(" " * n + "1,\n" for n in range(100)) + "]\n"))


def test_the_depth_that_is_allowed() -> None:
    def negated(times: int) -> Source:
        return Source("sample.py", f"x = {'-' * times}1\n")

    parse(negated(MAX_DEPTH - 1))
    with pytest.raises(OutOfFuel, match="60 deep"):
        parse(negated(MAX_DEPTH))


@pytest.mark.parametrize("piece", ["-", "not ", "a if b else ", "lambda: ", "a.b.", "a[0]**", "(", "[", "{1:", "f'{"])
@pytest.mark.parametrize("joint", ["", "\\\n"])
def test_deep_texts_are_refused(piece: str, joint: str) -> None:
    step = 1 if joint == "" else 100
    pieces = (MAX_LINE - 10) // len(piece) if not joint else min(MAX_BYTES // (len(piece) + 3), 40_000)
    groups = [piece * step] * (pieces // step)
    with pytest.raises(SourceProblem):
        parse(Source("sample.py", "x = " + joint.join(groups) + "1\n"))


def test_a_large_flat_file_is_read() -> None:
    text = "".join(f"CONSTANT_{n} = {n}\n" for n in range(10_000))
    assert len(text) < MAX_BYTES
    assert len(parse(Source("sample.py", text)).body) == 10_000


def test_a_file_too_large() -> None:
    with pytest.raises(OutOfFuel, match="bytes"):
        parse(Source("sample.py", "# é\n" * (MAX_BYTES // 5 + 1)))


def test_what_the_terminal_shows_is_harmless() -> None:
    with pytest.raises(NotTheLanguage) as caught:
        parse(Source("sample.py", "x = 1  # \u202e\x1b[2J\n"))
    assert str(caught.value).isascii()


def refused_or_read(text: str) -> None:
    with suppress(SourceProblem):
        load(Source("sample.py", text))


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
@settings(deadline=None)
def test_any_text(text: str) -> None:
    refused_or_read(text)


WORDS = """
    def class Contract self private public int ( ) [ ] : , = == x y 1 0.5 'a' if else for in while
    return lambda f ' " \\
    import from enigma.std table category @ . ** - not and is None L MPC sender reveal {} { } pass del # *
""".split()  # noqa: SIM905 - a list of them would fill the page


@given(st.lists(st.sampled_from([*WORDS, "\n", "\n    ", "\n        ", " "]), max_size=80))
@settings(deadline=None)
def test_any_words(words: list[str]) -> None:
    refused_or_read(" ".join(words))


@given(st.randoms(use_true_random=False), st.sampled_from(ACCEPTED + [row.source for row in ROWS]))
@settings(deadline=None, max_examples=300)
def test_mutated_sources(chance: random.Random, text: str) -> None:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 0, 1, 1, 5, 30]))
        other = chance.choice(ACCEPTED)
        begin = chance.randrange(len(other))
        piece = chance.choice(
            ["", chance.choice(WORDS), other[begin : begin + chance.randint(1, 40)], chr(chance.randrange(0x300)), "\n"]
        )
        text = text[:start] + piece + text[end:]
    refused_or_read(text)
