"""What a call will cost about, before it is paid: the contract's own report, at the size of this call.

Nobody outside the committee knows how many rows a contract holds, so this is a guess for that side; a job that turns
out dearer than the asker allows is refused by the seats before the dear part begins, and costs nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from enigma.chain.committees import Fees
from enigma.contract.call import HeldRows
from enigma.contract.calling.private_arguments import Checked, checked
from enigma.contract.calling.raw import raw_columns
from enigma.contract.dictionaries.held import Held
from enigma.contract.reading.declarations import Module
from enigma.contract.report.inspecting import Inspection
from enigma.contract.report.overrides import Overrides
from enigma.contract.report.samples import Samples
from enigma.contract.report.tracing import SEED, Engine, Vault
from enigma.contract.types import ArrayType, ElementType, TableType
from enigma.contract.values.conform import element_type
from enigma.engine import plain
from enigma.engine.families import FAMILIES

FEWEST_ROWS, MOST_ROWS = 1000, 1 << 14
"""Between these the report is asked; beyond, bytes grow with the rows."""
HEAD_ROOM = 4
"""What is not spent goes back to the account; what is not there ends a job."""
UNIT_BYTES = 1024
"""What receipts count as one operation: so many bytes that all seats send together."""
CHECK_BYTES, CHECK_ROUNDS = 2500, 16
"""For each contributed number that the seats prove to be in its range, and for all of them: at the most."""


@dataclass(frozen=True, slots=True)
class Spending:
    """Rounds, and bytes that all seats send together."""

    rounds: int
    sent: int

    def price(self, fees: Fees) -> int:
        """In wei, by a committee's fees."""
        return max(fees.smallest, self.rounds * fees.round + -(-self.sent // UNIT_BYTES) * fees.operation)


class Estimates:
    """Of one contract. Safe between threads."""

    def __init__(self, module: Module, family: str) -> None:
        self._module, self._family = module, family
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int, bytes], Spending | None] = {}

    def spending(
        self, function: str, octets: bytes, public: Mapping[str, Any], private: Mapping[str, Checked]
    ) -> Spending:
        """What a call with these arguments will take about; only its contributions where nothing else is known.

        `octets`: the canonical bytes of the public arguments.
        """
        rows = max([FEWEST_ROWS, *(each.rows or 0 for each in private.values())])
        tried = min(MOST_ROWS, 1 << (rows - 1).bit_length())
        key = (function, tried, hashlib.sha256(octets).digest())
        with self._lock:
            if key not in self._known:
                self._known[key] = self._traced(function, public, tried)
            found = self._known[key]
        numbers = sum(values.size for each in private.values() for values, _ in each.columns.values())
        rounds, sent = (CHECK_ROUNDS if numbers else 0), CHECK_BYTES * numbers
        if found is None:
            return Spending(rounds, sent)
        return Spending(found.rounds + rounds, found.sent * max(rows, tried) // tried + sent)

    def _traced(self, function: str, public: Mapping[str, Any], rows: int) -> Spending | None:
        vault = Vault()

        def share(value: Any, type_: ElementType | ArrayType | TableType, what: str) -> Held | HeldRows:
            argument = checked(value, type_, what)
            held = {}
            for name, raw in raw_columns(argument).items():
                its_type = element_type(argument.columns[name][1])
                stored = np.array(raw, dtype=np.bool_ if its_type.is_bool else np.int64)
                held[name] = Held(vault.store_sample(stored, its_type), stored.shape, its_type)
            return held[""] if argument.rows is None else HeldRows(held, argument.rows)

        family, _ = FAMILIES[self._family]
        engine = Engine(plain.evaluate, plain.fold, family, "")
        samples = Samples(rows, np.random.default_rng(SEED), {})
        overrides = Overrides(arguments={function: dict(public)})
        account = Inspection(self._module, engine, vault, samples, share, overrides).account()
        most = next((each.most for each in account.functions if each.name == function), None)
        return None if most is None else Spending(most.rounds, sum(most.seat_bytes))
