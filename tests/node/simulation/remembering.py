"""What depends on its arguments alone and takes long is asked once in a world: signers of messages, read sources.

All seats and the chain ask the same. Nothing of what is tested is left out: only its repetition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from enigma.chain import receipts
from enigma.contract.reading.declarations import Module
from enigma.contract.reading.library import StandardLibrary
from enigma.contract.reading.loading import load
from enigma.contract.reading.source import Source
from enigma.contract.typing import check
from enigma.contract.vyper import PublicHalf, public_half
from enigma.keys.account import recover_typed
from enigma.keys.typed_data import Types
from enigma.node import contracts
from enigma.node.job import attempt


class _Answers:
    """Given once, by question."""

    def __init__(self) -> None:
        self._signers: dict[str, str] = {}
        self._modules: dict[Source, Module] = {}
        self._halves: dict[str, PublicHalf] = {}

    def recovered(self, domain: Mapping[str, Any], types: Types, message: Mapping[str, Any], signature: bytes) -> str:
        question = repr((domain, types, message, signature))
        if question not in self._signers:
            self._signers[question] = recover_typed(domain, types, message, signature)
        return self._signers[question]

    def load(self, source: Source, library: StandardLibrary) -> Module:
        assert not library.sources  # the contract of the simulation imports nothing
        if source not in self._modules:
            found = load(source, library)
            check(found)
            self._modules[source] = found
        return self._modules[source]

    def check(self, module: Module) -> None:
        assert module in self._modules.values()  # then it was checked

    def public_half(self, module: Module) -> PublicHalf:
        text = module.source.text
        if text not in self._halves:
            self._halves[text] = public_half(module)
        return self._halves[text]


@contextmanager
def remembering() -> Iterator[None]:
    """As long as this lasts, nothing is worked out twice."""
    answers = _Answers()
    with ExitStack() as stack:
        stack.enter_context(patch.object(receipts, "recover_typed", answers.recovered))
        for home in (attempt, contracts):
            stack.enter_context(patch.object(home, "load", answers.load))
            stack.enter_context(patch.object(home, "public_half", answers.public_half))
        stack.enter_context(patch.object(attempt, "check", answers.check))
        yield
