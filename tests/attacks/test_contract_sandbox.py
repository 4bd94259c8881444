"""A contract cannot leave its language, exhaust who evaluates it, or make known what it does not reveal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import indent
from typing import Any

import pytest
from tests.attacks.attempts import Attempt, attempt
from tests.attacks.contract_attempts import ATTEMPTS

import enigma
from enigma.contract.reading.source import Source
from enigma.contract.values.meter import Limits
from enigma.errors import (
    AccessRefused,
    ArgumentProblem,
    CallRefused,
    EnigmaError,
    OutOfFuel,
    SourceLeak,
    SourceProblem,
    WrongType,
)
from enigma.local.simulation import Simulation

SECRET = 7_654_321


@pytest.fixture(scope="module")
def refusals() -> dict[tuple[int, bool], dict[str, Any]]:
    """What came of each attempt, with the checker and where that refuses also without it; all in one process."""
    path = os.pathsep.join(p for p in sys.path if p)
    child = subprocess.run(
        [sys.executable, "-m", "tests.attacks.contract_child"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    found, last = {}, None
    for line in child.stdout.splitlines():
        number, checked, refusal = json.loads(line)
        last = ATTEMPTS[number].name, "checked" if checked else "unchecked"
        if refusal is not None:
            found[number, checked] = refusal
    assert child.returncode == 0, f"the process ended at {last}: {child.stderr[-2000:]}"
    return found


def test_there_are_many() -> None:
    assert len({each.source + repr(each.call) for each in ATTEMPTS}) == len(ATTEMPTS) >= 60
    assert len({each.name for each in ATTEMPTS}) == len(ATTEMPTS)


@pytest.mark.processes
@pytest.mark.parametrize("number", range(len(ATTEMPTS)), ids=lambda number: ATTEMPTS[number].name)
def test_refused(number: int, refusals: dict[tuple[int, bool], dict[str, Any]]) -> None:
    the_attempt, refusal = ATTEMPTS[number], refusals[number, True]
    wanted = the_attempt.error if isinstance(the_attempt.error, tuple) else (the_attempt.error,)
    assert {kind.__name__ for kind in wanted} & set(refusal["kinds"]), refusal
    assert the_attempt.words in refusal["message"]
    unchecked = refusals.get((number, False))
    if unchecked is not None:
        deliberate = {"SourceProblem", "CallRefused", "ArgumentProblem"}
        assert deliberate & set(unchecked["kinds"]), f"without the checker: {unchecked}"


def deploy(source: str, **options: Any) -> Any:
    return Simulation(**options).deploy_source(Source("attack.py", source))


def contract(body: str, before: str = "") -> str:
    return f"{before}\n\nclass Attack(Contract):\n{indent(body, '    ')}\n"


# ---------------------------------------------------------------- the control: the attempts' frame itself is accepted


def test_what_surrounds_the_attempts_is_accepted() -> None:
    control: Attempt = attempt("control", "return reveal(x + k)", EnigmaError)
    assert deploy(control.source).as_("ann").run(x=3, xs=[1, 2, 3, 4], k=4) == 7


# ---------------------------------------------------------------- depth and fuel

DEEP = contract("@public\ndef run(self):\n    return f(1)\n", "def f(a):\n    return {}\n")
SHAPES_OF_RECURSION = [
    "f(a + 1)",
    "[f(a + 1) for b in [1] for c in [1] for d in [1] for e in [1] for g in [1] for h in [1] for i in [1]]",
    "max([min([f(a + 1), 1]), 1])",
    "(1 if (not f(a + 1) == 1) else 2)",
    "[[[[[[[[f(a + 1)]]]]]]]]",
    "(f(a + 1) and True) or (1 < f(a + 1) < 3)",
    "{1: {2: f(a=f(a + 1))}}[1][2]",
    "[1, 2, 3][f(a + 1):][0]",
]


@pytest.mark.parametrize("expression", SHAPES_OF_RECURSION)
def test_depth_ends_before_the_interpreter_does(expression: str) -> None:
    evaluated = deploy(DEEP.replace("{}", expression, 1))

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            with pytest.raises(OutOfFuel, match="deep"):
                evaluated.as_("mallory").run()

    deeper(100)


def test_a_stack_that_is_nearly_full_is_refused_before_anything_runs() -> None:
    evaluated = deploy(contract("@public\ndef run(self):\n    return 1\n"))

    def deeper(frames: int) -> Any:
        return deeper(frames - 1) if frames else evaluated.as_("ann").run()

    assert deeper(1) == 1
    with pytest.raises(ArgumentProblem, match="calls deep"):
        deeper(600)


def test_steps_are_counted_alike_on_every_run() -> None:
    source = contract(
        "@public\ndef run(self, n: int):\n    a = 0\n    for i in range(n):\n        a += i\n    return a\n"
    )
    world = Simulation()
    most = Limits(steps=1000)
    small = world.deploy_source(Source("attack.py", source), limits=most)

    def ends(n: int) -> bool:
        try:
            small.as_("ann").run(n)
        except OutOfFuel:
            return False
        return True

    accepted = [n for n in range(150, 260) if ends(n)]
    assert accepted == list(range(150, 150 + len(accepted)))
    assert accepted == [n for n in range(150, 260) if ends(n)]
    assert 0 < len(accepted) < 110


# ---------------------------------------------------------------- a call that fails changes nothing

ROLLBACK = contract(
    """\
n: public[int] = 1
ns: public[list[int]]
names: public[map[text, list[int]]]
who: public[set[address]]
t: private[int(0, 100)] = 5
kept: map[address, private[int(0, 100)]]

@private
def change(self, x: private[int(0, 10)], fail: bool):
    self.n = 2
    self.ns.append(3)
    self.names["a"] = [1]
    self.names["a"].append(2)
    self.who.add(sender)
    self.t = x
    self.kept[sender] = x
    L["k"] = 1
    MPC["k"] = x
    DHT["k"] = "text"
    emit("Changed", n=self.ns)
    a = reveal(x > 3, to=everyone)
    require(not fail, "no")
    return a

@public
def seen(self):
    return self.n, self.ns, self.names, len(self.who), len(self.kept), "k" in L, "k" in MPC, "k" in DHT

@private
def total(self):
    return reveal(self.t)
"""
)


def test_a_call_that_fails_changes_nothing() -> None:
    attacked = deploy(ROLLBACK)
    before = attacked.as_("ann").seen()
    with enigma.refused("no"):
        attacked.as_("ann").change(x=4, fail=True)
    assert attacked.as_("ann").seen() == before
    assert attacked.as_("ann").total() == 5
    assert not attacked.events
    attacked.as_("ann").change(x=4, fail=False)
    after = attacked.as_("ann").seen()
    assert after != before
    with enigma.refused("no"):
        attacked.as_("bob").change(x=5, fail=True)
    assert attacked.as_("ann").seen() == after
    assert attacked.as_("ann").total() == 4


def test_running_out_of_fuel_changes_nothing() -> None:
    attacked = deploy(
        contract(
            "ns: public[list[int]]\n\n@public\ndef run(self):\n    while True:\n        self.ns.append(1)\n\n"
            "@public\ndef seen(self):\n    return len(self.ns)\n"
        )
    )
    with pytest.raises(OutOfFuel):
        attacked.as_("mallory").run()
    assert attacked.as_("ann").seen() == 0


def test_a_default_is_a_new_object_in_each_call() -> None:
    attacked = deploy(
        contract(
            "@public\ndef run(self):\n    return f() + g()\n",
            "NONE = []\n\n\ndef f(a=[]):\n    a.append(1)\n    return len(a)\n\n\n"
            "def g():\n    b = NONE\n    b.append(1)\n    return len(NONE)\n",
        )
    )
    assert attacked.as_("ann").run() == 1
    assert attacked.as_("ann").run() == 1


def test_what_was_stored_or_told_is_a_copy() -> None:
    attacked = deploy(
        contract(
            """\
ns: public[list[int]]

@public
def run(self):
    a = [1]
    self.ns = a
    L["a"] = a
    emit("Told", a=a)
    DHT.set("a", a, everyone)
    a.append(2)
    return self.ns, L["a"], DHT["a"]

@public
def alias(self):
    a = self.ns
    b = [a]
    a.append(5)
    return b

@public
def seen(self):
    return self.ns
"""
        )
    )
    assert attacked.as_("ann").run() == ([1], [1], [1])
    assert attacked.events[-1] == ("Told", {"a": [1]})
    found = attacked.as_("ann").alias()
    found[0].append(99)
    attacked.as_("ann").seen().append(98)
    assert attacked.as_("ann").seen() == [1, 5]


def test_containers_of_the_state_are_as_declared_whatever_changed_them() -> None:
    from enigma.contract import typing as checker  # the checker sees most of these

    source = contract(
        """\
ns: public[list[int]]

@public
def run(self, which: int):
    f(self.ns, which)
    return 1

@public
def seen(self):
    return self.ns
""",
        'def f(a, which):\n    if which == 0:\n        a.append("text")\n    if which == 1:\n        a.append([a])\n',
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checker, "check", lambda module: None)
        evaluated = deploy(source)
    for which in (0, 1):
        with pytest.raises(SourceProblem):
            evaluated.as_("mallory").run(which)
    assert evaluated.as_("ann").seen() == []


# ---------------------------------------------------------------- predicates and their uses

USES = contract(
    """\
@private
def give(self, x: private[int(0, 100)], n: int):
    MPC.set("x", x, at_most(n))

@private
def take(self, fail: bool):
    a = reveal(MPC["x"] > 50, to=everyone)
    require(not fail, "no")
    return a

@private
def stumble(self):
    a = MPC["x"] + 1
    require(False, "no")
    return reveal(a)

@private
def sealed(self):
    return reveal(MPC["x"])

@private
def sum(self, n: int):
    total: private[int(0, 100000)] = 0
    for _ in range(n):
        total = clip(total + MPC["x"], 0, 100000)
    return reveal(total)
"""
)


def test_uses_count_where_a_call_fails_after_it_opened_something() -> None:
    attacked = deploy(USES)
    attacked.as_("ann").give(x=60, n=2)
    for _ in range(2):
        with enigma.refused("no"):
            attacked.as_("mallory").take(fail=True)
    with pytest.raises(AccessRefused):
        attacked.as_("mallory").take(fail=True)


def test_uses_do_not_count_where_nothing_was_opened() -> None:
    attacked = deploy(USES)
    attacked.as_("ann").give(x=60, n=1)
    for _ in range(3):
        with enigma.refused("no"):
            attacked.as_("bob").stumble()
    assert attacked.as_("bob").sealed() == 60
    with pytest.raises(AccessRefused):
        attacked.as_("bob").sealed()


def test_each_round_of_a_loop_is_a_use() -> None:
    attacked = deploy(USES)
    attacked.as_("ann").give(x=60, n=4)
    assert attacked.as_("bob").sum(3) == 180
    with pytest.raises(AccessRefused):
        attacked.as_("bob").sum(2)


def test_a_snapshot_takes_uses_back() -> None:
    attacked = deploy(USES)
    attacked.as_("ann").give(x=60, n=1)
    with attacked.snapshot(), enigma.refused("no"):
        attacked.as_("mallory").take(fail=True)
    assert attacked.as_("bob").sealed() == 60


def test_a_predicate_that_asks_itself_is_refused() -> None:
    attacked = deploy(
        contract(
            """\
@private
def give(self, x: private[int(0, 100)]):
    MPC.set("x", x, self.may)
    MPC.set("y", x, self.other)

@predicate
def may(self, asker: address):
    return MPC["x"] > 5

@predicate
def other(self, asker: address):
    return MPC["x"] > 5

@private
def take(self):
    return reveal(MPC["x"])

@private
def take_other(self):
    return reveal(MPC["y"])
"""
        )
    )
    attacked.as_("ann").give(x=60)
    with enigma.refused("asks itself"):
        attacked.as_("ann").take()
    with enigma.refused("asks itself"):
        attacked.as_("ann").take_other()


def test_one_and_true_and_the_text_are_three_keys() -> None:
    attacked = deploy(
        contract(
            '@public\ndef run(self):\n    L[1] = "int"\n    L[True] = "bool"\n    L["1"] = "text"\n'
            '    L["", 1] = "table"\n    return L[1], L[True], L["1"]\n'
        )
    )
    assert attacked.as_("ann").run() == ("table", "bool", "text")


def test_modules_do_not_reach_each_other_or_the_contract() -> None:
    from enigma.contract.reading.library import StandardLibrary

    def imported(text: str, name: str = "f") -> tuple[str, StandardLibrary]:
        digest = Source("m", text).digest
        return f"from sha256_{digest} import {name}\n", StandardLibrary({digest: text})

    run = "@public\ndef run(self):\n    return f(1)\n"
    line, library = imported('"""M."""\n\n\ndef f(a):\n    return SECRET + a\n')
    with pytest.raises(SourceProblem):
        Simulation(library=library).deploy_source(Source("a.py", contract(run, f"{line}\nSECRET = 5\n")))
    line, library = imported('"""M."""\n\n\ndef f(a):\n    return self.n\n')
    with pytest.raises(SourceProblem):
        Simulation(library=library).deploy_source(Source("a.py", contract(run, line)))
    line, library = imported('"""M."""\n\n\ndef f(a):\n    return proven(a, 0, 1)\n')
    with pytest.raises(SourceProblem):
        Simulation(library=library).deploy_source(Source("a.py", contract(run, line)))
    line, library = imported('"""M."""\n\n\ndef f(a):\n    return f(a + 1)\n')
    recursive = Simulation(library=library).deploy_source(Source("a.py", contract(run, line)))
    with pytest.raises(OutOfFuel):
        recursive.as_("mallory").run()
    text = '"""M."""\n\n\ndef f(a):\n    return a\n'
    digest = Source("m", text).digest
    wrong = StandardLibrary({digest: text + "# another\n"})
    with pytest.raises(SourceProblem, match="another text"):
        Simulation(library=wrong).deploy_source(Source("a.py", contract(run, f"from sha256_{digest} import f\n")))


# ---------------------------------------------------------------- nothing that is said holds a private value

PROBLEMS = (SourceProblem,)
SAYINGS = [
    ("clip(x, 0, 3) // (k - k)", PROBLEMS),
    ("[1, 2][x]", PROBLEMS),
    ("reveal(x) + 1", PROBLEMS),
    ("{x: 1}", PROBLEMS),
    ("text(x)", PROBLEMS),
    ("require(x > 5, 'no')", PROBLEMS),
    ("'a' + x", PROBLEMS),
    ("x", PROBLEMS),
    ("max(x, 'a')", PROBLEMS),
    ("x[0]", PROBLEMS),
    ("MPC['other'] + x", (CallRefused,)),
]


@pytest.mark.parametrize(("expression", "kinds"), SAYINGS, ids=lambda value: str(value)[:20])
def test_no_message_holds_a_private_value(expression: str, kinds: tuple[type[EnigmaError], ...]) -> None:
    source = contract(
        f"@private\ndef run(self, x: private[int(0, 10**7)], k: int):\n    y = x + 1\n    return {expression}\n"
    )
    with pytest.raises(EnigmaError) as caught:
        deploy(source).as_("ann").run(x=SECRET, k=1)
    error: BaseException | None = caught.value
    while error is not None:
        shown = f"{error} {error!r} {error.args} {vars(error)}"
        assert str(SECRET) not in shown
        assert str(SECRET + 1) not in shown
        error = error.__cause__


def test_a_refused_argument_is_not_quoted() -> None:
    evaluated = deploy(contract("@private\ndef run(self, x: private[int(0, 10)]):\n    return reveal(x)\n"))
    with pytest.raises(ArgumentProblem) as caught:
        evaluated.as_("ann").run(x=SECRET)
    assert str(SECRET) not in str(caught.value)


def test_each_refusal_is_what_it_says() -> None:
    source = contract("@private\ndef run(self, x: private[int(0, 10)]):\n    return x\n")
    with pytest.raises(SourceLeak, match="`x` is private"):
        deploy(source).as_("ann").run(x=1)
    with pytest.raises(WrongType):
        deploy(contract("@public\ndef run(self):\n    return 'a' - 1\n")).as_("ann").run()
