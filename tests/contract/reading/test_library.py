"""Imports: the standard library, and sources by digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest

from enigma.contract.reading.library import Library, StandardLibrary
from enigma.contract.reading.loading import MAX_MODULES, load
from enigma.contract.reading.source import Source
from enigma.errors import NotTheLanguage, OutOfFuel, UnknownName

HALVE = "STEPS = 3\nPoint = table(x=fixed(0, 1))\n\ndef halve(x):\n    return x / 2\n"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Shelf:
    """A library in memory."""

    modules: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.modules))

    def standard(self, name: str) -> Source:
        return Source(f"{name}.py", self.modules[name])

    def by_digest(self, digest: str) -> Source:
        return Source(f"{digest[:8]}.py", self.sources[digest])


def test_by_digest() -> None:
    name = f"sha256_{digest(HALVE)}"
    text = f"from {name} import halve as half, STEPS, Point\n\nclass A(Contract):\n    points: private[Point]\n"
    text += "    level: public[int(0, STEPS)] = STEPS\n\n    @private\n    def f(self, x: private[int(0, 4)]):\n"
    text += "        return reveal(half(x))\n"
    module = load(Source("a.py", text), StandardLibrary({digest(HALVE): HALVE}))
    assert module.imports["half"].name == "halve"
    assert module.modules == (module.imports["half"].module,)
    assert module.digests == (digest(text), digest(HALVE))
    assert not module.modules[0].trusted
    assert module.contract is not None
    assert str(module.contract.fields["points"].type) == "private[Point]"
    assert str(module.contract.fields["level"].type) == "int(0, 3)"


@pytest.mark.parametrize("given", [HALVE + "\n", HALVE.replace("2", "3"), "\ud800"])
def test_another_text_than_named(given: str) -> None:
    source = Source("a.py", f"from sha256_{digest(HALVE)} import halve\n")
    with pytest.raises(UnknownName, match="another text") as caught:
        load(source, StandardLibrary({digest(HALVE): given}))
    assert "fetch" in caught.value.hint


def test_the_standard_library_by_module_and_by_name() -> None:
    shelf = Shelf(
        {
            "halving": HALVE,
            "other": "from enigma.std import halve\n\ndef quarter(x):\n    return proven(halve(halve(x)), 0, 1)\n",
        }
    )
    library: Library = shelf
    for path in ("enigma.std", "enigma.std.other"):
        module = load(Source("a.py", f"from {path} import quarter\n\ndef f(x):\n    return quarter(x)\n"), library)
        other = module.imports["quarter"].module
        assert other.trusted
        assert other.modules[0].trusted
        assert not module.trusted
        assert len(module.digests) == 3


def test_each_module_is_read_once() -> None:
    text = "from enigma.std import halve\nfrom enigma.std.halving import STEPS\n"
    module = load(Source("a.py", text), Shelf({"halving": HALVE}))
    assert len(module.modules) == 1


def test_what_is_near_is_proposed() -> None:
    for text, near in (
        ("from enigma.std import halv\n", "halve"),
        ("from enigma.std.halvin import halve\n", "halving"),
    ):
        with pytest.raises(UnknownName) as caught:
            load(Source("a.py", text), Shelf({"halving": HALVE}))
        assert f"did you mean {near}?" in caught.value.hint


def test_a_name_that_the_module_does_not_have() -> None:
    with pytest.raises(UnknownName, match="has no halv") as caught:
        load(Source("a.py", "from enigma.std.halving import halv\n"), Shelf({"halving": HALVE}))
    assert "halve" in caught.value.hint
    assert caught.value.fragment == "halv"


def test_circles() -> None:
    shelf = Shelf(
        {
            "one": "from enigma.std.two import b\ndef a(x):\n    return b(x)\n",
            "two": "from enigma.std.one import a\ndef b(x):\n    return a(x)\n",
        }
    )
    with pytest.raises(NotTheLanguage, match=r"enigma.std.one imports enigma.std.two imports enigma.std.one"):
        load(Source("a.py", "from enigma.std.one import a\n"), shelf)


def test_contracts_are_not_imported() -> None:
    shelf = Shelf({"one": "class A(Contract):\n    pass\n"})
    with pytest.raises(NotTheLanguage, match="contracts are not imported"):
        load(Source("a.py", "from enigma.std.one import A\n"), shelf)


def test_a_problem_inside_of_an_import_names_its_file() -> None:
    with pytest.raises(NotTheLanguage) as caught:
        load(Source("a.py", "from enigma.std.one import f\n"), Shelf({"one": "def f(x):\n    return x is x\n"}))
    assert caught.value.file == "one.py"


def test_an_imported_function_is_checked_like_one_of_the_file() -> None:
    text = "from enigma.std import halve\n\ndef f(x):\n    return halve(x, 2)\n"
    with pytest.raises(Exception, match="one more"):
        load(Source("a.py", text), Shelf({"halving": HALVE}))


def chain(length: int) -> tuple[Source, StandardLibrary]:
    text, sources = "def f(x):\n    return x\n", {}
    for _ in range(length):
        sources[digest(text)] = text
        text = f"from sha256_{digest(text)} import f as g\n\ndef f(x):\n    return g(x)\n"
    return Source("a.py", text), StandardLibrary(sources)


def test_long_chains() -> None:
    assert len(load(*chain(MAX_MODULES)).digests) == MAX_MODULES + 1
    with pytest.raises(OutOfFuel, match="modules"):
        load(*chain(MAX_MODULES + 1))


def test_large_imports() -> None:
    texts = [f"def f{n}(x):\n    return x\n" + "# a long comment\n" * 15_000 for n in range(5)]
    imports = [f"from sha256_{digest(text)} import f{n}\n" for n, text in enumerate(texts)]
    library = StandardLibrary({digest(text): text for text in texts})
    load(Source("a.py", "".join(imports[:4])), library)
    with pytest.raises(OutOfFuel, match="characters"):
        load(Source("a.py", "".join(imports)), library)


def test_constants_through_many_ways_are_computed_once() -> None:
    text, sources = "A = 1\nB = 2\n", {}
    for _ in range(40):
        sources[digest(text)] = text
        text = f"from sha256_{digest(text)} import A as C, B as D\n\nA = C\nB = D\n"
    assert load(Source("a.py", text), StandardLibrary(sources)).constants.keys() == {"A", "B"}


def test_the_installed_library() -> None:
    library = StandardLibrary()
    for name in library.names:
        module = load(library.standard(name), library, trusted=True)
        assert module.contract is None
    with pytest.raises(KeyError):
        library.standard("../reading")
