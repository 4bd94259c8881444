"""Names: what Vyper keeps for itself is known here, without Vyper."""

from __future__ import annotations

import pytest

from enigma.contract.vyper.words import BUILT_IN, KEYWORDS, MEMBERS, parameter, quoted, reserved


def test_the_words_of_vyper_are_all_known(vyper: None) -> None:
    from vyper.ast.identifiers import RESERVED_KEYWORDS
    from vyper.builtins.functions import DISPATCH_TABLE, STMT_DISPATCH_TABLE

    words = {word for word in RESERVED_KEYWORDS if not word.startswith("_") and not word.endswith("_")}
    assert words <= KEYWORDS | MEMBERS
    functions = {name for name in (*DISPATCH_TABLE, *STMT_DISPATCH_TABLE) if not name.startswith("_")}
    assert functions <= KEYWORDS | BUILT_IN


@pytest.mark.parametrize(("name", "known"), [("wei", True), ("Wei", True), ("balance", True), ("floor", False)])
def test_functions_have_no_name_of_vyper(name: str, known: bool) -> None:
    assert reserved(name) == known


@pytest.mark.parametrize(("name", "there"), [
    ("amount", "amount"), ("value", "value_"), ("floor", "floor_"), ("uint8", "uint8_"), ("log", "log_"),
])  # fmt: skip
def test_parameters_keep_their_names_where_they_can(name: str, there: str) -> None:
    assert parameter(name) == there


@pytest.mark.parametrize(("text", "there"), [
    ('say "so"', r'"say \"so\""'), ("a\\", r'"a\\"'), ("é\n", r'convert(b"\xc3\xa9\x0a", String[3])'),
])  # fmt: skip
def test_no_text_ends_its_own_quotes(text: str, there: str) -> None:
    assert quoted(text) == there
