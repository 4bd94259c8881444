"""What the checker says that becomes known, and to whom."""

from __future__ import annotations

from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.typing import disclosures, problems, sentences

CONTRACT = '''"""Who pays most?"""

Bid = table(amount=int(0, 1000))


def publish(x, smallest: int):
    if count_nonzero(x) > smallest:
        return reveal(x, to=everyone)
    return smallest


class Auction(Contract):
    members: public[set[address]]
    smallest: public[int] = 10
    bids: private[Bid]
    best: private[int(0, 1000)] = 0

    @private
    def bid(self, rows: private[Bid], mark: text = ""):
        require(sender in self.members, "not a member")
        self.bids.append(rows)

    @private
    def close(self, quick: bool, heir: address):
        require(reveal(len(self.bids) * max(self.bids.amount) > self.smallest, to=everyone), "too little")
        if quick:
            return reveal(self.best, to=heir)
        out = []
        for who in self.members:
            out.append(reveal(self.best > 3, to=who))
        L["closed"] = now
        emit("Closed", by=sender)
        return out, reveal(self.best, to=self.members), self.their_half()

    def their_half(self):
        return reveal(self.best // 2)

    @private
    def own(self):
        MPC["mine"] = self.best
        return MPC.declassify("mine")

    @private
    def keep(self, heir: address):
        DHT["mine"] = self.best
        DHT.set("theirs", self.best + 1, only([heir]))

    @predicate
    def may_read(self, asker: address):
        return self.best > 5

    @predicate
    def is_member(self, asker: address):
        return asker in self.members
'''


def of(text: str) -> dict[str, list[tuple[int, str, str, str, str]]]:
    module = load(Source("auction.py", text))
    assert problems(module) == []
    return {
        name: [(d.line, d.what, d.to, d.when, d.kind) for d in found] for name, found in disclosures(module).items()
    }


def test_what_and_to_whom() -> None:
    found = of(CONTRACT)
    assert found["bid"] == []
    assert found["close"] == [
        (25, "len(self.bids) * max(self.bids.amount) > self.smallest", "everyone", "always", "condition"),
        (27, "self.best", "heir", "only if `quick`", "value"),
        (30, "self.best > 3", "who", "only if not `quick` and once for each `who` in `self.members`", "value"),
        (31, 'L["closed"] = now', "everyone", "only if not `quick`", "ledger"),
        (32, '"Closed" with by = `sender`', "everyone", "only if not `quick`", "event"),
        (33, "self.best", "self.members", "only if not `quick`", "value"),
        (36, "self.best // 2", "the caller", "only if not `quick`", "value"),
    ]
    assert found["own"] == [(41, 'MPC["mine"]', "the dealer", "always", "value")]
    assert found["keep"] == [
        (45, "self.best", "the caller", "always", "value"),
        (46, "self.best + 1", "whoever only([heir]) admits", "always", "value"),
    ]
    assert found["may_read"] == [(50, "self.best > 5", "everyone", "always", "answer")]
    assert found["is_member"] == []


def test_sentences() -> None:
    said = sentences(load(Source("auction.py", CONTRACT)))
    assert said["bid"] == (
        "Everyone learns that `bid` was called, by whom, when, with which `mark` and with how many rows in `rows`.",
        "Nobody learns anything else.",
    )
    assert said["close"][1:4] == (
        (
            "Everyone learns the value of `len(self.bids) * max(self.bids.amount) > self.smallest`, "
            "which decides how the call goes on (line 25)."
        ),
        "`heir` learns the value of `self.best`, only if `quick` (line 27).",
        (
            "`who` learns the value of `self.best > 3`, only if not `quick` and once for each `who` in "
            "`self.members` (line 30)."
        ),
    )
    assert said["close"][6] == (
        "Each of `self.members` learns the value of `self.best`, only if not `quick` (line 33)."
    )
    assert said["keep"][2] == "Whoever `only([heir])` admits learns the value of `self.best + 1` (line 46)."
    assert said["may_read"] == (
        "Everyone learns whether `self.best > 5` holds, yes or no, and nothing else (line 50).",
    )


def test_through_imports() -> None:
    text = '"""Sums."""\n\n\ndef publish(x):\n    return reveal(sum(x), to=everyone)\n'
    digest = Source("m", text).digest
    contract = f'''"""Imports."""

from sha256_{digest} import publish as announce


class Sums(Contract):
    values: private[int(0, 9)[4]]

    @private
    def run(self, n: int):
        if n > 3:
            announce(self.values)
        return n
'''
    module = load(Source("sums.py", contract), StandardLibrary({digest: text}))
    (found,) = disclosures(module)["run"]
    assert (found.line, found.what, found.to, found.when) == (5, "sum(x)", "everyone", "only if `n > 3`")
    assert found.sentence == (
        f"Everyone learns the value of `sum(x)`, only if `n > 3` (line 5 of sha256_{digest[:8]}.py)."
    )


def test_blamed_where_an_imported_function_is_called() -> None:
    text = '"""Loops."""\n\n\ndef rounds(count):\n    for i in range(count):\n        pass\n    return 1\n'
    digest = Source("m", text).digest
    contract = f'''"""Imports."""

from sha256_{digest} import rounds


class Loops(Contract):
    @private
    def run(self, n: int, x: private[int(0, 9)]):
        return rounds(n) + rounds(x)
'''
    (problem,) = problems(load(Source("loops.py", contract), StandardLibrary({digest: text})))
    assert problem.fragment == "rounds(x)"
    assert "line 5" in problem.reason
    assert "`count` is private" in problem.reason


def test_conditions_are_said_without_what_is_around_them() -> None:
    text = CONTRACT.replace("if quick:", "if not reveal(self.best > 3, to=everyone):")
    found = of(text)["close"]
    assert found[1] == (26, "self.best > 3", "everyone", "always", "condition")
    assert [when for _, _, _, when, _ in found[2:4]] == [
        "only if not `self.best > 3`",
        "only if `self.best > 3` and once for each `who` in `self.members`",
    ]
