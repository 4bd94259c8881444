"""`reveals` never says no of a function that opens something, and says no where nothing can be opened."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.evaluator.random_contracts import arguments, drawn
from tests.contract.keeping.contracts import EVERYTHING, PREPARED, Call, calls
from tests.contract.typing.accepted_types import ACCEPTED
from tests.local.contracts import POOL

from enigma.contract import call as calling
from enigma.contract.call import Handed, Outcome, Slot
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.typing import disclosures, reveals
from enigma.errors import ArgumentProblem, EnigmaError
from enigma.local.simulation import Simulation

EXAMPLES = sorted(Path(__file__).resolve().parents[3].glob("examples/*/*.py"))

HEAD = """
from enigma.std import kmeans, suppress

def opened(x):
    return reveal(x, to=everyone)

def through(x):
    return opened(x)

def doubled(x):
    return x + x

class Sample(Contract):
    total: private[int(0, 1000)] = 0
    numbers: map[address, private[int(0, 9)]]
    count: public[int] = 0

    def inner(self):
        return reveal(self.total)

    def outer(self):
        return self.inner()

    def counted(self):
        self.count += 1
        return self.count

    @predicate
    def admitted(self, asker: address):
        return self.total > 5

    @private
    def run(self, x: private[int(0, 9)], n: int):
"""

OPENING = {
    "to the caller": "return reveal(x)",
    "to everyone": "y = reveal(x, to=everyone)\nself.count = y",
    "to somebody": "return reveal(x, to=[sender])",
    "on one path": "if n > 5:\n    return reveal(x)\nreturn 0",
    "never, but who knows": "if n > 5 and n < 5:\n    return reveal(x)\nreturn 0",
    "in a requirement": 'require(reveal(x > 3, to=everyone), "no")',
    "in a loop": "for i in range(n):\n    self.count += reveal(x, to=everyone)",
    "in a comprehension": "return [reveal(x) for i in range(n)]",
    "through a helper": "return through(x)",
    "through a method": "return self.outer()",
    "a document": "return reveal(DHT[sender])",
    "declassified": "return MPC.declassify(sender)",
    "guarded by a predicate that may be asked": "self.total = clip(MPC[sender], 0, 1000)",
    "guarded, in a sum": 'MPC["sum"] += x',
    "guarded, by its method": "self.total = clip(MPC.get(sender), 0, 1000)",
    "guarded, deep in a key": "self.total = clip(self.total + MPC[sender, n] * 2, 0, 1000)",
    "guarded, where one is stored": "MPC[sender] = MPC[n]",
}
OPENING["for whoever a predicate admits"] = "DHT.set(sender, x, self.admitted)"
OPENING["for oneself"] = "DHT[sender] = x"
CLOSED = {
    "nothing": "self.count = n",
    "stored": "self.total = clip(self.total + x, 0, 1000)",
    "by key": "self.numbers[sender] = x",
    "public": "return self.count + n, len(self.numbers), sender in self.numbers",
    "a private condition": "self.total = x if x > 3 else 7",
    "helpers that open nothing": "self.total = doubled(x)\nreturn self.counted()",
    "into MPC": "MPC[sender] = x\nMPC.set((sender, n), x, self.admitted)\nif n in MPC:\n    del MPC[n]",
    "into DHT": "DHT[sender] = n\nDHT.set(n, n, everyone)\nreturn n in DHT",
    "told": 'emit("Told", n=n)\nrequire(n > 3, "no")\nL[sender] = n\nreturn L[sender]',
}


def module_of(body: str) -> Module:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return load(Source("sample.py", f"{HEAD}{lines}\n"))


@pytest.mark.parametrize("name", OPENING)
def test_what_may_open_something(name: str) -> None:
    assert reveals(module_of(OPENING[name]), "run") is True


@pytest.mark.parametrize("name", CLOSED)
def test_what_can_open_nothing(name: str) -> None:
    assert reveals(module_of(CLOSED[name]), "run") is False


def test_imported_functions_are_followed() -> None:
    other = "def told(x):\n    return reveal(x)\n\ndef kept(x):\n    return x + x\n"
    digest = Source("other.py", other).digest
    library = StandardLibrary({digest: other})
    text = (
        f"from sha256_{digest} import told as first, kept\n\nclass S(Contract):\n    @private\n"
        "    def run(self, x: private[int(0, 9)]):\n"
    )
    assert reveals(load(Source("s.py", f"{text}        return first(x)\n"), library), "run") is True
    assert reveals(load(Source("s.py", f"{text}        y = kept(x)\n"), library), "run") is False


def test_a_predicate_opens_its_answer() -> None:
    assert reveals(module_of("pass"), "admitted") is True


def test_an_internal_function_is_taken_for_one_that_opens() -> None:
    assert reveals(module_of("pass"), "counted") is True


def test_a_function_that_is_not_there() -> None:
    with pytest.raises(ArgumentProblem, match="no contract with a function other"):
        reveals(module_of("pass"), "other")


# ---------------------------------------------------------------- never no where something opens


def known(module: Module) -> dict[str, bool]:
    """What the checker says of each function: whether it discloses anything that was not public before."""
    return {name: any(d.kind not in ("event", "ledger") for d in found) for name, found in disclosures(module).items()}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_agrees_with_the_checker_on_the_examples(path: Path) -> None:
    module = load(Source(path.name, path.read_text()))
    opens = known(module)
    assert any(opens.values())
    for name, found in opens.items():
        assert not found or reveals(module, name)
    assert not all(reveals(module, name) for name in opens)


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_agrees_with_the_checker(name: str) -> None:
    module = load(Source("sample.py", ACCEPTED[name]))
    for function, found in known(module).items():
        assert not found or reveals(module, function)


def opened(outcome: Outcome) -> bool:
    """Whether a call has opened anything."""

    def sealed(part: Any) -> bool:
        if isinstance(part, (Slot, Handed)):
            return True
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else ()
        return any(map(sealed, inner))

    return any(segment.to for segment in outcome.segments) or sealed(outcome.result)


class Watched:
    """Calls of a contract, each compared with what was said of its function."""

    def __init__(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opening = self.silent = 0
        run = calling.run

        def watched(module: Module, name: str, *args: Any, **options: Any) -> Outcome:
            outcome = run(module, name, *args, **options)
            if opened(outcome):
                self.opening += 1
                assert reveals(module, name), name
            else:
                self.silent += 1
            return outcome

        monkeypatch.setattr(calling, "run", watched)
        self.contract = Simulation().deploy_source(Source("watched.py", text))

    def call(self, who: str, name: str, *args: Any, **options: Any) -> None:
        try:
            getattr(self.contract.as_(who), name)(*args, **options)
        except EnigmaError:
            return


@settings(max_examples=10, deadline=None)
@given(st.lists(calls(), max_size=10))
def test_whatever_opens_was_said_to(several: list[Call]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        watched = Watched(EVERYTHING, patch)
        for who, name, args in [*PREPARED, *several]:
            watched.call(who, name, *args)
        assert watched.opening
        assert watched.silent


def test_random_contracts_that_open(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(5):
        random = Random(seed)
        watched = Watched(drawn(random, steps=2, depth=2).source, monkeypatch)
        watched.call("ann", "run", **arguments(random, 4))


def test_functions_of_the_pool() -> None:
    module = load(Source("pool.py", POOL))
    names = ("put", "append", "add_up", "twice", "halfway", "keep", "give_up", "forget", "ages", "befriend", "who")
    assert [name for name in names if reveals(module, name)] == ["add_up", "twice", "halfway", "ages"]
