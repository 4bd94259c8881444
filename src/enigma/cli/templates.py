"""The files of a new project. `{module}` and `{class_name}` stand for the names of its contract."""

CONTRACT = '''\
"""How content are we, on average? Nobody shows an answer to anybody.

Known to everyone: who has answered, and the average once three have.
Known to nobody: any answer.
"""

FEWEST = 3


class {class_name}(Contract):
    """Anyone answers with a number from 0 to 10, and may change it."""

    answers: map[address, private[int(0, 10)]]

    @private
    def answer(self, number: private[int(0, 10)]):
        """Your answer: split on your own machine, and never put together again."""
        self.answers[sender] = number

    @private
    def average(self):
        """The average, to everyone. It is told again once ten more answers have changed."""
        require(len(self.answers) >= FEWEST, "too few answers")
        return reveal(mean(stack(self.answers.values())), to=everyone)
'''

TEST = '''\
"""What {module}.py promises, tried out: in this process, where nothing is secret and everything is quick."""

from pathlib import Path

import pytest

import enigma
from enigma.errors import ArgumentProblem

CONTRACT = Path(__file__).with_name("{module}.py")


@pytest.fixture
def contract():
    return enigma.simulate(CONTRACT)


def test_the_average_is_told_to_everyone(contract):
    for name, number in {{"ann": 4, "bob": 9, "cyd": 8}}.items():
        contract.as_(name).answer(number)
    assert contract.as_("ann").average() == pytest.approx(7, abs=1e-4)


def test_two_are_too_few(contract):
    contract.as_("ann").answer(4)
    contract.as_("bob").answer(9)
    with enigma.refused("too few answers"):
        contract.average()


def test_the_last_answer_counts(contract):
    for name in ("ann", "bob", "cyd"):
        contract.as_(name).answer(2)
    contract.as_("ann").answer(8)
    assert contract.average() == pytest.approx(4, abs=1e-4)


def test_answers_are_private_and_in_range(contract):
    contract.as_("ann").answer(10)
    with pytest.raises(ArgumentProblem, match="private"):
        contract.field("answers")
    with pytest.raises(ArgumentProblem, match="a value outside"):
        contract.as_("bob").answer(11)
'''

README = """\
# {class_name}

A private contract: what may be computed, and what may become known, in one file.

| file | holds |
|---|---|
| `{module}.py` | the contract |
| `test_{module}.py` | what it promises, as tests |

Run the tests with `pytest`. `enigma check {module}.py` says who learns what, in which ranges, and what each call costs.
In Python, a contract is an object:

```python
import enigma

contract = enigma.simulate("{module}.py")
for name, number in [("ann", 4), ("bob", 9), ("cyd", 8)]:
    contract.as_(name).answer(number)
print(contract.average())
```

`enigma.simulate` computes on plain numbers, in one process. The same calls run between three processes, none of which
sees an answer:

```python
with enigma.local() as committee:
    contract = enigma.simulate("{module}.py", committee=committee)
```
"""
