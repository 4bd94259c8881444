"""The report on whole contracts: what it finds, what it tries, and that its costs are the measured ones."""

from __future__ import annotations

from pathlib import Path

import pytest

import enigma
from enigma.contract.report.account import Account, FunctionAccount
from enigma.errors import ArgumentProblem, FileProblem, InputError
from enigma.local.checking import check

SALARIES = '''"""What do we earn?"""


class Salaries(Contract):
    members: public[set[address]]
    fewest: public[int] = 3
    salaries: map[address, private[int(0, 10**6)]]
    release = always

    @private
    def submit(self, salary: private[int(0, 10**6)]):
        require(sender in self.members, "not a member")
        self.salaries[sender] = salary

    @private
    def average(self):
        require(len(self.salaries) >= self.fewest, "too few")
        return reveal(mean(stack(self.salaries.values())), to=everyone)

    @private
    def rank(self):
        return reveal(1 + sum(stack(self.salaries.values()) > self.salaries[sender]))
'''

BRANCHES = '''"""Two ways to go on."""

Row = table(amount=fixed(0, 100), kind=category("a", "b"))


class Branches(Contract):
    rows: private[Row]

    @private
    def add(self, rows: private[Row]):
        self.rows.append(rows)

    @private
    def by_answer(self):
        if reveal(mean(self.rows.amount) > 101, to=everyone):
            return reveal(max(self.rows.amount))
        return reveal(sum(self.rows.amount))

    @private
    def by_number(self, extra: int(1, 4) = 2):
        n = reveal(count_nonzero(self.rows.amount > 99), to=everyone)
        total = sum(self.rows.amount)
        if n > 900:
            return reveal(sqrt(total))
        return reveal(total * extra)

    @private
    def by_argument(self, quick: bool):
        if quick:
            return reveal(max(self.rows.amount))
        return reveal(sum(self.rows.amount))
'''

OVERFLOW = """class Big(Contract):
    total: private[int(0, 10**6)] = 0

    @private
    def add(self, x: private[int(0, 10**6)]):
        self.total = self.total + x

    @private
    def cube(self, x: private[int(0, 10**9)]):
        return reveal(x * x * x)

    @private
    def fine(self):
        return reveal(self.total)
"""

LEAKS = """class Leaks(Contract):
    known: public[int] = 0

    @private
    def first(self, x: private[int(0, 10)]):
        self.known = x

    @private
    def second(self, x: private[int(0, 10)]):
        return x

    @private
    def third(self, x: private[int(0, 10)]):
        require(x > 3, "too small")
"""


def written(folder: Path, text: str, name: str = "contract.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def function(account: Account, name: str) -> FunctionAccount:
    return next(each for each in account.functions if each.name == name)


def test_who_learns_what(tmp_path: Path) -> None:
    account = check(written(tmp_path, SALARIES))
    assert account.fine
    assert function(account, "submit").sentences == (
        "Everyone learns that `submit` was called, by whom and when.",
        "Nobody learns anything else.",
    )
    assert any("mean(stack(self.salaries.values()))" in each for each in function(account, "average").sentences)
    assert [(each.name, each.range) for each in account.fields] == [("salaries", "0 .. 1,000,000, whole")]
    assert "release = always" in " ".join(account.rules)


def test_ranges_errors_and_costs(tmp_path: Path) -> None:
    account = check(written(tmp_path, SALARIES))
    average, rank = function(account, "average"), function(account, "rank")
    (opened,) = average.programs[0].opened
    assert opened.to == ("everyone",)
    assert opened.line == 18
    assert opened.bounds == pytest.approx((0, 10**6), abs=1e-5)
    assert opened.error is not None
    assert 0 < opened.error <= 2**-20
    (sealed,) = rank.programs[0].opened
    assert (sealed.to, sealed.bounds, sealed.error) == (("a member",), (1, 6), 0.0)
    assert rank.total is not None
    assert rank.total == rank.most
    assert rank.sure == "exact"
    assert rank.total.wan_seconds > rank.total.lan_seconds > 0
    assert rank.programs[0].differing == 0 < rank.programs[0].comparisons


@pytest.mark.processes
def test_costs_are_the_measured_ones(tmp_path: Path) -> None:
    path = written(tmp_path, SALARIES.replace('require(sender in self.members, "not a member")', "pass"))
    account = check(path)
    with enigma.local(3) as committee:
        contract = enigma.simulate(path, committee=committee)
        for name in ("a", "b", "c", "d", "e"):  # as many as the sample has
            contract.as_(name).submit(50_000)
        for name in ("average", "rank"):
            before = len(committee.reports)
            getattr(contract.as_("a"), name)()
            (report,) = committee.reports[before:]
            (program,) = function(account, name).programs
            assert (report.rounds, report.seat_bytes) == (program.spent.rounds, program.spent.seat_bytes)


def test_a_revealed_answer_is_tried_both_ways(tmp_path: Path) -> None:
    account = check(written(tmp_path, BRANCHES), rows=100)
    found = function(account, "by_answer")
    assert (found.sure, found.paths, found.cut) == ("at most", 2, False)
    assert found.total is not None
    assert found.most is not None
    # A maximum takes more rounds than a sum: the sample does not go there, and it is counted all the same.
    assert found.most.rounds > found.total.rounds
    assert found.most.most_bytes > found.total.most_bytes


def test_a_revealed_number_is_tried_at_the_ends_of_its_range(tmp_path: Path) -> None:
    account = check(written(tmp_path, BRANCHES), rows=1000)
    found = function(account, "by_number")
    assert (found.sure, found.paths) == ("largest", 3)
    assert found.total is not None
    assert found.most is not None
    assert found.most.rounds > found.total.rounds
    assert found.arguments == (("extra", "2"),)


def test_a_few_numbers_are_all_tried(tmp_path: Path) -> None:
    text = """class Richer(Contract):
    wealth: map[address, private[int(0, 100)]]

    @private
    def compare(self):
        order = reveal(sign(self.wealth[sender] - self.wealth[deployer]), to=everyone)
        if order == 0:
            return reveal(self.wealth[sender] * self.wealth[sender] > 50)
        return None
"""
    found = function(check(written(tmp_path, text)), "compare")
    assert (found.sure, found.paths) == ("at most", 3)
    assert found.total is not None
    assert found.most is not None
    assert found.most.rounds > found.total.rounds


def test_too_many_ways_are_cut_and_said_so(tmp_path: Path) -> None:
    text = """class Many(Contract):
    x: private[int(0, 100)] = 0

    @private
    def many(self):
        count = 0
        for i in range(10):
            if reveal(self.x > i * 10, to=everyone):
                count += 1
        return count
"""
    found = function(check(written(tmp_path, text)), "many")
    assert (found.sure, found.paths, found.cut) == ("largest", 64, True)
    assert any("more than 64 ways" in note for note in found.notes)


def test_predicates_are_traced(tmp_path: Path) -> None:
    text = """class Asked(Contract):
    x: private[int(0, 100)] = 0

    @predicate
    def may(self, asker: address):
        return self.x > 50
"""
    found = function(check(written(tmp_path, text)), "may")
    assert found.where == "predicate"
    assert found.total is not None
    assert found.total.rounds > 0


def test_public_booleans_take_both_values(tmp_path: Path) -> None:
    found = function(check(written(tmp_path, BRANCHES), rows=100), "by_argument")
    assert found.arguments == (("quick", "false"),)
    assert (found.sure, found.paths) == ("exact", 2)
    assert found.total is not None
    assert found.most is not None
    assert found.most.rounds > found.total.rounds
    given = function(check(written(tmp_path, BRANCHES), rows=100, arguments=["by_argument.quick=yes"]), "by_argument")
    assert given.arguments == (("quick", "true"),)
    assert given.paths == 1


def test_more_rows_cost_more(tmp_path: Path) -> None:
    path = written(tmp_path, BRANCHES)
    small, large = (function(check(path, rows=rows), "by_answer").most for rows in (100, 1000))
    assert small is not None
    assert large is not None
    assert large.most_bytes > 4 * small.most_bytes


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.py"))


@pytest.mark.parametrize("path", [each for each in EXAMPLES if not each.name.startswith("test_")], ids=lambda p: p.stem)
def test_every_example_is_fine_and_traced(path: Path) -> None:
    account = check(path, rows=200)
    assert account.problems == ()
    assert [each.name for each in account.functions if each.untraced] == []


def test_the_same_report_every_time(tmp_path: Path) -> None:
    path = written(tmp_path, BRANCHES)
    assert check(path, rows=50).tree() == check(path, rows=50).tree()


def test_every_overflow_is_found_and_the_rest_is_traced(tmp_path: Path) -> None:
    account = check(written(tmp_path, OVERFLOW))
    assert not account.fine
    assert [(each.kind, each.line, each.fragment) for each in account.problems] == [
        ("SourceRange", 6, "self.total = self.total + x"),
        ("SourceRange", 10, "x * x * x"),
    ]
    assert all(each.hint and "^" in each.excerpt for each in account.problems)
    assert function(account, "add").untraced.startswith("line 6 is refused")
    assert function(account, "fine").total is not None


def test_all_leaks_in_order(tmp_path: Path) -> None:
    account = check(written(tmp_path, LEAKS))
    assert [(each.kind, each.line) for each in account.problems] == [
        ("SourceLeak", 6), ("SourceLeak", 10), ("SourceLeak", 14),
    ]  # fmt: skip
    assert account.functions == ()


def test_a_call_that_no_sample_lets_through_is_listed(tmp_path: Path) -> None:
    text = f"""{SALARIES}
    @private
    def late(self, code: int):
        require(code == 77, "wrong code")
        return reveal(self.salaries[sender])
"""
    path = written(tmp_path, text)
    found = function(check(path), "late")
    assert found.untraced == "needs: wrong code"
    assert "--args late.code=VALUE" in found.hint
    assert found.total is None
    helped = function(check(path, arguments=["late.code=77"]), "late")
    assert not helped.untraced
    assert helped.arguments == (("code", "77"),)


def test_who_may_call_is_found_out(tmp_path: Path) -> None:
    text = """class Phases(Contract):
    secret: private[int(0, 9)] = 0
    open: public[bool] = False
    last: public[int]

    @public
    def __init__(self, last: int):
        require(last > now, "over already")
        self.last = last

    @private
    def mine(self):
        require(sender == deployer, "only the deployer")
        return reveal(self.secret)

    @private
    def while_open(self):
        require(self.open, "not open")
        return reveal(self.secret)

    @private
    def afterwards(self):
        require(now > self.last, "too early")
        return reveal(self.secret)
"""
    account = check(written(tmp_path, text))
    callers = {each.name: each.caller for each in account.functions if each.where == "private"}
    assert callers == {
        "mine": "the deployer",
        "while_open": "a member, with `open` = true",
        "afterwards": "a member, ten years later",
    }


def test_a_call_that_needs_others_before_it(tmp_path: Path) -> None:
    text = """class Once(Contract):
    bids: map[address, private[int(0, 9)]]

    @private
    def bid(self, amount: private[int(0, 9)]):
        require(sender not in self.bids, "a bid stands")
        self.bids[sender] = amount
        MPC[this, sender] = amount

    @private
    def again(self):
        return MPC.declassify((this, sender))
"""
    account = check(written(tmp_path, text))
    assert all(not each.untraced for each in account.functions)
    assert "right after deployment" in function(account, "bid").caller


def test_a_failed_deployment_says_so(tmp_path: Path) -> None:
    text = """class Never(Contract):
    x: private[int(0, 9)] = 0

    @public
    def __init__(self, code: int):
        require(code == 77, "wrong code")

    @private
    def f(self):
        return reveal(self.x)
"""
    path = written(tmp_path, text)
    assert function(check(path), "f").untraced == "__init__ needs: wrong code"
    assert not function(check(path, arguments=["__init__.code=77"]), "f").untraced


def test_rows_of_files(tmp_path: Path) -> None:
    path = written(tmp_path, BRANCHES)
    first = written(tmp_path, "kind,amount,name\na,1.5,x\nb,2,y\n", "first.csv")
    second = written(tmp_path, "amount,kind\n40,b\n", "second.csv")
    account = check(path, data=[first, second])
    (program,) = function(account, "by_argument").programs
    assert account.data == (str(first), str(second))
    assert program.opened[0].bounds == (0.0, 300.0)
    assert dict(function(account, "add").arguments) == {"rows": "2 rows"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount,kind\n500,a\n", "row 0"),
        ("amount,kind\n5,c\n", "row 0"),
        ("amount,kind\nx,a\n", "holds text"),
        ("amount,kind\n,a\n", "has no value in row 1"),
        ("amount\n5\n", "its columns are amount"),
        ("amount,kind\n", "has no rows"),
        ("", "cannot be read as a table"),
    ],
)
def test_rows_that_do_not_fit(tmp_path: Path, text: str, words: str) -> None:
    path, data = written(tmp_path, BRANCHES), written(tmp_path, text, "rows.csv")
    with pytest.raises(InputError, match=words):
        check(path, data=[data])


@pytest.mark.parametrize(
    ("arguments", "fields", "words"),
    [
        (["nothing.k=1"], [], "has no function nothing"),
        (["submit.k=1"], [], "has no argument k"),
        (["submit.salary=1"], [], "is private"),
        (["submit"], [], "sets nothing"),
        (["k=1"], [], "no function is named"),
        ([], ["fewest=many"], "this is int"),
        ([], ["nothing=1"], "has no field nothing"),
        ([], ["salaries=1"], "is private"),
    ],
)
def test_values_that_do_not_fit(tmp_path: Path, arguments: list[str], fields: list[str], words: str) -> None:
    with pytest.raises(ArgumentProblem, match=words) as raised:
        check(written(tmp_path, SALARIES), arguments=arguments, fields=fields)
    assert raised.value.hint


def test_fields_are_set(tmp_path: Path) -> None:
    found = function(check(written(tmp_path, SALARIES), fields=["fewest=9"]), "average")
    assert found.untraced == "needs: too few"


def test_a_module_has_nothing_to_trace(tmp_path: Path) -> None:
    account = check(written(tmp_path, "def f(x):\n    return x + 1\n"))
    assert account.fine
    assert (account.contract, account.functions) == ("", ())


@pytest.mark.parametrize("rows", [0, -3, 10**9])
def test_rows_in_bounds(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ArgumentProblem):
        check(written(tmp_path, SALARIES), rows=rows)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="is a directory"):
        check(tmp_path)
    with pytest.raises(FileProblem, match="is empty"):
        check(written(tmp_path, " \n\n"))
    with pytest.raises(FileProblem, match="No such file"):
        check(tmp_path / "nothing.py")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileProblem, match="UTF-8"):
        check(tmp_path / "binary.py")
