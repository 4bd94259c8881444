"""When a function answers again: only after enough of others' rows have changed since each of its answers.

Two answers on a table before and after one contribution would subtract to that contribution. Rows of the one who asks
do not count, since it knows them. The same rows give the same answer, and may be asked about again. What counts is what
an answer was computed on, also where it was computed by an earlier call and lay in a private field or in MPC since:
what was computed on a contract's table opens under the policy of that contract, and in no other.
"""

from __future__ import annotations

from enigma.contract.dictionaries.addresses import Address
from enigma.contract.dictionaries.held import Version
from enigma.contract.evaluator.fields import Fields
from enigma.contract.state import State
from enigma.errors import ReleaseRefused


class Release:
    """The policy of the contract `this`, for one call. `rows` is None where it always answers."""

    def __init__(self, rows: int | None, state: State, fields: Fields, sender: Address, this: Address) -> None:
        self._rows, self._state, self._fields, self._sender, self._this = rows, state, fields, sender, this
        self.function = ""

    def before_opening(self) -> None:
        """Refuses an answer that would give a few rows away; else remembers what it was computed on.

        It is remembered in the state that the call began with, so that a call which is refused later counts too.
        """
        foreign = next((contract for contract, _, _ in self._fields.read if contract != self._this), None)
        if foreign is not None:
            raise ReleaseRefused(
                f"{self.function} would open what was computed on a private table of the contract {foreign}",
                hint="only that contract opens it, under its own release policy",
            )
        if self._rows is None:
            return
        self._state.contributed.update(self._fields.state.contributed)
        for _, name, version in self._fields.read:
            answered = self._state.answered.get((self.function, name), frozenset())
            if version in answered:
                continue
            # The fewest, so that every machine says the same: a set has no order of its own.
            changed = min((each for each in self._changes(answered, version) if each), default=self._rows)
            if changed < self._rows:
                raise ReleaseRefused(
                    f"{self.function} has answered on self.{name} before, and only {changed} rows of others have "
                    "changed since: the two answers would subtract to those few",
                    hint=f"it answers again when {self._rows} rows have changed, or none (release = after(...))",
                )
        for _, name, version in self._fields.read:
            key = (self.function, name)
            self._state.answered[key] = self._state.answered.get(key, frozenset()) | {version}
            # What is committed later starts from the working copy.
            self._fields.state.answered[key] = self._state.answered[key]

    def _changes(self, answered: frozenset[Version], after: Version) -> list[int]:
        """Rows of others that came or went since each answer, whichever is more: a changed value is both."""
        return [max(self._rows_of(before - after), self._rows_of(after - before)) for before in answered]

    def _rows_of(self, numbers: Version) -> int:
        parts = (self._state.contributed[number] for number in numbers)
        return sum(rows for owner, rows in parts if owner != self._sender)
