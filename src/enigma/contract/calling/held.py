"""What the committee holds of an argument: a declared type, and the numbers under which the pieces lie, as references.

For whoever gets pieces without the values: a seat knows the type from the contract, and shape and count from the public
header of what its owner has sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from enigma.contract.call import HeldRows
from enigma.contract.dictionaries.ciphertext import KEY_TYPE, KEY_WORDS, Ciphertext, read_column
from enigma.contract.dictionaries.held import Held
from enigma.contract.types import ArrayType, ElementType, TableType
from enigma.contract.values.conform import element_type
from enigma.contract.values.containers import Enclosed
from enigma.errors import ArgumentProblem, WireError


def held_of(type_: ElementType | ArrayType, index: int, shape: tuple[int, ...]) -> Held:
    """The reference to a private argument of a declared type, whose pieces lie under `index`.

    Raises `ArgumentProblem` for a shape that the type does not have.
    """
    element, declared = (type_.element, type_.shape) if isinstance(type_, ArrayType) else (type_, ())
    fits = len(shape) == len(declared) and all(
        extent >= 0 and wanted in (None, extent) for wanted, extent in zip(declared, shape, strict=True)
    )
    if not fits:
        raise ArgumentProblem(f"pieces of the shape {shape} for a {type_}", hint="one value for each place of the type")
    return Held(index, shape, element_type(element))


def held_rows(type_: TableType, indices: Mapping[str, int], count: int) -> HeldRows:
    """The reference to `count` rows of a declared table, whose columns' pieces lie under `indices`, by column.

    Raises `ArgumentProblem` for a negative count, and where columns are missing or too many.
    """
    names = [name for name, _ in type_.columns]
    if set(indices) != set(names):
        raise ArgumentProblem(f"pieces of other columns than those of {type_}", hint=f"it has {', '.join(names)}")
    columns = {name: held_of(ArrayType(element, (None,)), indices[name], (count,)) for name, element in type_.columns}
    return HeldRows(columns, count)


def held_document(columns: Mapping[str, tuple[int, tuple[int, ...]]]) -> Enclosed:
    """The reference to a document, whose contribution has one column: index and shape of its content key.

    The column's name says which ciphertext it is for. Raises `WireError` for any other columns.
    """
    if len(columns) != 1:
        raise WireError(f"the contribution of a document has one column, not {len(columns)}")
    ((name, (index, shape)),) = columns.items()
    sha256, size = read_column(name)
    if shape != (KEY_WORDS,):
        raise WireError(f"a content key is {KEY_WORDS} numbers, and these have the shape {shape}")
    return Enclosed(Ciphertext(sha256, size, Held(index, shape, KEY_TYPE)))
