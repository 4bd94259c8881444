"""Whatever is called, by whomever, in whatever order: the chain says and keeps what the simulator says and keeps."""

from __future__ import annotations

from random import Random

import pytest
from tests.contract.vyper.anvil import Chain
from tests.contract.vyper.contracts import SAMPLES
from tests.contract.vyper.samples import PARTIES
from tests.contract.vyper.twins import Twins


@pytest.mark.usefixtures("numbers_of_the_chain")
@pytest.mark.parametrize("name", SAMPLES)
def test_random_calls_agree(public_chain: Chain, name: str) -> None:
    sample = SAMPLES[name]
    seed = 20_000 + len(name)
    print(f"seed {seed}")  # noqa: T201
    random = Random(seed)
    twins = Twins(public_chain, sample.text, PARTIES, name=f"{name}.py", **sample.arguments)
    answered: dict[str, int] = dict.fromkeys(sample.calls, 0)
    for _ in range(sample.rounds):
        function = random.choice([*sample.calls, *(name for name in sample.calls if name in sample.often)])
        if random.random() < 0.2:
            twins.pass_time(random.randrange(100))
        arguments = [make(random) for make in sample.calls[function]]
        twins.call(random.choice([*PARTIES, "deployer"]), function, *arguments)
        answered[function] += twins.problem is None
    assert all(answered.values()), f"never answered: {answered}"
