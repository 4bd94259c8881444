"""Private arguments and documents to the committee of this machine."""

from __future__ import annotations

from enigma.array import DType
from enigma.array.committee import Committee
from enigma.contract.call import HeldRows
from enigma.contract.calling.documents import EnclosedDocument
from enigma.contract.calling.private_arguments import Checked, Values
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, Ciphertext
from enigma.contract.dictionaries.held import Held
from enigma.contract.types import BoolType, ElementType, FixedType
from enigma.contract.values.conform import element_type


def share(committee: Committee, argument: Checked) -> Held | HeldRows:
    """Split a private argument; the committee holds it from now on."""
    held = {name: _held(committee, values, element) for name, (values, element) in argument.columns.items()}
    return held[""] if argument.rows is None else HeldRows(held, argument.rows)


def share_key(committee: Committee, document: EnclosedDocument) -> Ciphertext:
    """Split a document's content key; the committee holds that, and nothing of the document."""
    array = committee.share(document.words, dtype=DType(KEY_TYPE.kind, 0), lo=KEY_TYPE.lo, hi=KEY_TYPE.hi)
    key = Held(array.node.attrs["index"], array.shape, array.node.type)
    return Ciphertext(document.sha256, document.size, key)


def _held(committee: Committee, values: Values, element: ElementType) -> Held:
    if isinstance(element, BoolType):
        array = committee.share(values)
    elif isinstance(element, FixedType):
        # The declared bounds themselves: a raw one would be rounded.
        raw = element_type(element)
        array = committee.share(values, dtype=DType(raw.kind, raw.scale), lo=element.lo, hi=element.hi)
    else:
        raw = element_type(element)
        array = committee.share(values, dtype=DType(raw.kind, raw.scale), lo=raw.lo, hi=raw.hi)
    return Held(array.node.attrs["index"], array.shape, array.node.type)
