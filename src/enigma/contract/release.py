"""When a function answers again: only after enough of others' rows have changed since its last answer.

Two answers on a table before and after one contribution would subtract to that contribution. Rows of the one who asks do
not count, since it knows them. The same table gives the same answer, and may be asked again.
"""

from __future__ import annotations

from enigma.contract.addresses import Address
from enigma.contract.evaluator.fields import Fields
from enigma.contract.state import State
from enigma.errors import ReleaseRefused


class Release:
    """The policy of one contract, for one call. `rows` is None where it always answers."""

    def __init__(self, rows: int | None, state: State, fields: Fields, sender: Address) -> None:
        self._rows, self._state, self._fields, self._sender = rows, state, fields, sender
        self.function = ""

    def before_opening(self) -> None:
        """Refuses an answer that would give a few rows away; else remembers what it was computed on.

        It is remembered in the state that the call began with, so that a call which is refused later counts too.
        """
        if self._rows is None:
            return
        for name in self._fields.read:
            present = self._fields.state.contributions(name)
            before = self._state.answered.get((self.function, name))
            if before is not None:
                changed = sum(
                    (present.get(number) or before[number])[1]
                    for number in present.keys() ^ before.keys()
                    if (present.get(number) or before[number])[0] != self._sender
                )
                if 0 < changed < self._rows:
                    raise ReleaseRefused(
                        f"{self.function} has answered on self.{name} before, and only {changed} rows of others have "
                        "changed since: the two answers would subtract to those few",
                        hint=f"it answers again when {self._rows} rows have changed, or none (release = after(...))",
                    )
        for name in self._fields.read:
            self._state.answered[self.function, name] = self._fields.state.contributions(name)
