"""`Array`: a secret or public array that says what is to be computed; nothing runs until a committee reveals it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from enigma.array.dtypes import DType, dtype_of
from enigma.errors import KindError, LeakError, ShapeError
from enigma.program.node import Node, caller
from enigma.program.ops import Op

if TYPE_CHECKING:
    from types import ModuleType

    from enigma.array.committee import Committee


def _namespace() -> Any:
    import enigma.array

    return enigma.array


class Array:
    """An array of booleans, integers or fixed-point numbers, with its proven range.

    Follows the Python array API standard. Its shape, dtype and range are public; whether its values are is `secret`.
    Arrays come from `Committee.share` and from the functions of `enigma.array`; two committees' arrays do not mix.
    """

    __slots__ = ("committee", "node")
    __array_ufunc__ = None  # so that `numpy_array * secret` comes to __rmul__
    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node, committee: Committee | None = None) -> None:
        self.node = node
        self.committee = committee

    # ------------------------------------------------------------ what is public about it

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of each axis."""
        return self.node.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.node.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.node.size

    @property
    def dtype(self) -> DType:
        """What an element is."""
        return dtype_of(self.node.type)

    @property
    def secret(self) -> bool:
        """Whether nobody but a committee may know the values."""
        return self.node.secret

    @property
    def scale(self) -> int:
        """Fractional bits; 0 for booleans and integers."""
        return self.node.type.scale

    @property
    def range(self) -> tuple[float, float]:
        """The proven bounds of every element, both inclusive."""
        type_ = self.node.type
        return (type_.lo, type_.hi) if type_.scale == 0 else (type_.lo / 2**type_.scale, type_.hi / 2**type_.scale)

    @property
    def T(self) -> Array:  # noqa: N802 - the standard's name
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise ShapeError(f"{caller()}: .T of a shape {self.shape}", hint=".mT swaps the last two axes of any stack")
        return self.mT

    @property
    def mT(self) -> Array:  # noqa: N802 - the standard's name
        """The last two axes swapped."""
        return self._call("matrix_transpose", self)

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """The module of all functions on arrays."""
        namespace: ModuleType = _namespace()
        if api_version not in (None, "2021.12", "2022.12", "2023.12", namespace.__array_api_version__):
            raise KindError(f"{caller()}: version {api_version} of the array API standard")
        return namespace

    def __len__(self) -> int:
        if not self.shape:
            raise KindError(f"{caller()}: a single number has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        kind = "secret" if self.secret else "public"
        lo, hi = self.range
        bounds = "" if self.node.type.is_bool else f", range {lo:.6g} .. {hi:.6g}"
        return f"<{kind} {self.dtype} array, shape {self.shape}{bounds}>"

    # ------------------------------------------------------------ what would make it known

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise LeakError(f"{caller()}: {what} would make a secret known", hint=instead)

    def _known(self, what: str, instead: str) -> npt.NDArray[Any]:
        if self.secret:
            self._refuse(what, instead)
        return self.public_value()

    def public_value(self) -> npt.NDArray[Any]:
        """The values of a public array as NumPy's; `LeakError` for a secret one."""
        from enigma.array.literals import decode

        if self.secret:
            self._refuse("the value of this array", "write committee.reveal(x)")
        if self.node.op is Op.CONST:
            return decode(self.node.attrs["value"], self.node.type)
        if self.committee is None:
            raise KindError(f"{caller()}: a computed array without a committee", hint="write committee.reveal(x)")
        value: npt.NDArray[Any] = self.committee.reveal(self)
        return value

    def __bool__(self) -> bool:
        return bool(self._known(
            "deciding on it (bool, if, while, and, or, not)",
            "write where(condition, x, y), or &, | and ~ for logic; committee.reveal(x) if it may become known",
        ))  # fmt: skip

    def __float__(self) -> float:
        return float(self._known("float(x)", "compute on with the array itself, or write committee.reveal(x)"))

    def __int__(self) -> int:
        return int(self._known("int(x)", "write astype(x, int64) to stay secret, or committee.reveal(x)"))

    def __complex__(self) -> complex:
        return complex(self._known("complex(x)", "write committee.reveal(x)"))

    def __index__(self) -> int:
        if not self.secret and self.dtype.kind != "int":
            raise KindError(f"{caller()}: {self.dtype} is no index")
        instead = "write asarray(table)[index], which is sum(one_hot(index, n) * table); or committee.reveal(index)"
        return int(self._known("using it as an index or a count", instead))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        instead = "use the functions of x.__array_namespace__(), or committee.reveal(x)"
        values = self._known("handing it to NumPy", instead)
        return np.array(values, dtype=dtype, copy=copy)

    def __contains__(self, value: object) -> bool:
        if self.secret:
            self._refuse("`in`", "write any(x == value), which stays secret, and reveal that if it may become known")
        return bool((self.public_value() == value).any())

    def __iter__(self) -> Iterator[Array]:
        if not self.shape:
            raise KindError(f"{caller()}: a single number cannot be iterated over")
        return (self[i] for i in range(self.shape[0]))

    # ------------------------------------------------------------ indexing

    def __getitem__(self, key: Any) -> Array:
        from enigma.array.indexing import index
        from enigma.array.operands import wrap

        return wrap(index(self.node, key), self, *(key if isinstance(key, tuple) else (key,)))

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise KindError(
            f"{caller()}: arrays are values and do not change",
            hint="write x = put(x, index, value), where(mask, value, x), or concat() the parts",
        )

    # ------------------------------------------------------------ operators: the namespace's functions by their signs

    def _call(self, name: str, *operands: Any, **options: Any) -> Array:
        result: Array = getattr(_namespace(), name)(*operands, **options)
        return result

    def __add__(self, other: Any) -> Array:
        return self._call("add", self, other)

    def __radd__(self, other: Any) -> Array:
        return self._call("add", other, self)

    def __sub__(self, other: Any) -> Array:
        return self._call("subtract", self, other)

    def __rsub__(self, other: Any) -> Array:
        return self._call("subtract", other, self)

    def __mul__(self, other: Any) -> Array:
        return self._call("multiply", self, other)

    def __rmul__(self, other: Any) -> Array:
        return self._call("multiply", other, self)

    def __truediv__(self, other: Any) -> Array:
        return self._call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Array:
        return self._call("divide", other, self)

    def __floordiv__(self, other: Any) -> Array:
        return self._call("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> Array:
        return self._call("floor_divide", other, self)

    def __mod__(self, other: Any) -> Array:
        return self._call("remainder", self, other)

    def __rmod__(self, other: Any) -> Array:
        return self._call("remainder", other, self)

    def __divmod__(self, other: Any) -> tuple[Array, Array]:
        from enigma.array.division import quotient_and_remainder

        return quotient_and_remainder(self, other)

    def __rdivmod__(self, other: Any) -> tuple[Array, Array]:
        from enigma.array.division import quotient_and_remainder

        return quotient_and_remainder(other, self)

    def __pow__(self, other: Any) -> Array:
        return self._call("pow", self, other)

    def __matmul__(self, other: Any) -> Array:
        return self._call("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Array:
        return self._call("matmul", other, self)

    def __neg__(self) -> Array:
        return self._call("negative", self)

    def __pos__(self) -> Array:
        return self._call("positive", self)

    def __abs__(self) -> Array:
        return self._call("abs", self)

    def __lt__(self, other: Any) -> Array:
        return self._call("less", self, other)

    def __le__(self, other: Any) -> Array:
        return self._call("less_equal", self, other)

    def __gt__(self, other: Any) -> Array:
        return self._call("greater", self, other)

    def __ge__(self, other: Any) -> Array:
        return self._call("greater_equal", self, other)

    def __eq__(self, other: object) -> Array:  # type: ignore[override]
        return self._call("equal", self, other)

    def __ne__(self, other: object) -> Array:  # type: ignore[override]
        return self._call("not_equal", self, other)

    def __and__(self, other: Any) -> Array:
        return self._call("logical_and", self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Array:
        return self._call("logical_or", self, other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Array:
        return self._call("logical_xor", self, other)

    __rxor__ = __xor__

    def __invert__(self) -> Array:
        return self._call("logical_not", self)

    # ------------------------------------------------------------ NumPy's methods, by their functions

    def sum(self, **options: Any) -> Array:
        """`enigma.array.sum`."""
        return self._call("sum", self, **options)

    def mean(self, **options: Any) -> Array:
        """`enigma.array.mean`."""
        return self._call("mean", self, **options)

    def var(self, **options: Any) -> Array:
        """`enigma.array.var`."""
        return self._call("var", self, **options)

    def std(self, **options: Any) -> Array:
        """`enigma.array.std`."""
        return self._call("std", self, **options)

    def min(self, **options: Any) -> Array:
        """`enigma.array.min`."""
        return self._call("min", self, **options)

    def max(self, **options: Any) -> Array:
        """`enigma.array.max`."""
        return self._call("max", self, **options)

    def argmin(self, **options: Any) -> Array:
        """`enigma.array.argmin`."""
        return self._call("argmin", self, **options)

    def argmax(self, **options: Any) -> Array:
        """`enigma.array.argmax`."""
        return self._call("argmax", self, **options)

    def any(self, **options: Any) -> Array:
        """`enigma.array.any`."""
        return self._call("any", self, **options)

    def all(self, **options: Any) -> Array:
        """`enigma.array.all`."""
        return self._call("all", self, **options)

    def reshape(self, *shape: Any) -> Array:
        """`enigma.array.reshape`."""
        return self._call("reshape", self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def astype(self, dtype: DType) -> Array:
        """`enigma.array.astype`."""
        return self._call("astype", self, dtype)
