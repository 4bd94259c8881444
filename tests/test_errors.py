"""Errors: the drawn tree is the true one, and what another process names is rebuilt as nothing else than an error."""

from __future__ import annotations

import re

import pytest

from enigma import errors
from enigma.errors import EnigmaError, NetworkError, rebuilt

CLASSES = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EnigmaError)
}


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"    ((?:[│├└]?[ ─]{0,3})*)(\w+)(?: |$)", line)
        if found and found[2] in CLASSES:
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            drawn[found[2]] = above[depth - 1] if depth else "Exception"
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_what_a_process_named_is_of_its_class(name: str) -> None:
    error = rebuilt(name, "what happened", "what to do")
    assert type(error) is CLASSES[name]
    assert (error.message, error.hint, str(error)) == ("what happened", "what to do", "what happened\n  what to do")


@pytest.mark.parametrize("name", ["", "SystemExit", "Exception", "rebuilt", "__name__", "annotations", "NoSuchError"])
def test_any_other_name_is_an_error_of_the_network(name: str) -> None:
    assert type(rebuilt(name, "what happened", "")) is NetworkError
