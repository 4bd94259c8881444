"""Whether a built-in function takes the arguments that it is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from enigma.contract.values.numbers import Unfit

MOST_SIGNATURES = 1024
"""There are fewer: the functions are a fixed table."""


@lru_cache(maxsize=MOST_SIGNATURES)
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def want_arguments(name: str, function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> None:
    """Raises `Unfit` where `function(*args, **options)` would be no call of it."""
    try:
        _signature(function).bind(*args, **options)
    except TypeError as error:
        raise Unfit(f"{name}(): {error}", "docs/language.md lists what each function takes") from None
