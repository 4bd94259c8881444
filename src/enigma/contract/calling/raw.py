"""Private arguments as raw numbers: what an owner splits into pieces."""

from __future__ import annotations

from enigma.array.dtypes import DType
from enigma.array.literals import Raw, encode
from enigma.contract.calling.private_arguments import Checked, Values
from enigma.contract.types import BoolType, ElementType, FixedType
from enigma.contract.values.conform import element_type


def raw_columns(argument: Checked) -> dict[str, Raw]:
    """The raw int64 and bool arrays of a checked argument, by column; of one value or array, under ""."""
    return {name: _raw(values, element) for name, (values, element) in argument.columns.items()}


def _raw(values: Values, element: ElementType) -> Raw:
    if isinstance(element, BoolType):
        return encode(values, None, None, None, 0)[0]
    own = element_type(element)
    # The declared bounds themselves: a raw one would be rounded.
    lo, hi = (element.lo, element.hi) if isinstance(element, FixedType) else (own.lo, own.hi)
    return encode(values, lo, hi, DType(own.kind, own.scale), own.scale)[0]
