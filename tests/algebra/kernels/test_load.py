"""`load` gives native code where it was built and the twin elsewhere, and says which."""

from __future__ import annotations

import sys

import pytest

from enigma.algebra.kernels import load, plain
from enigma.algebra.kernels.native import NotBuilt, levels


def built() -> bool:
    try:
        return bool(levels())
    except NotBuilt:
        return False


needs_native = pytest.mark.skipif(not built(), reason="the native kernels were not built here")


def test_plain_is_the_twin() -> None:
    assert load("plain") is plain
    assert load("plain").level() == "numpy"


@needs_native
def test_auto_takes_the_fastest_level() -> None:
    assert load().level() == load("native").level() == levels()[-1]
    assert levels()[0] == "baseline"


@needs_native
def test_a_level_is_chosen_by_name() -> None:
    assert [load("native", level=name).level() for name in levels()] == levels()


@needs_native
def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no level 'mmx'; it has baseline"):
        load("native", level="mmx")


def test_without_the_extension_the_twin_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "enigma.algebra.kernels._native", None)
    assert load() is plain
    with pytest.raises(NotBuilt, match="install a C compiler"):
        load("native")
