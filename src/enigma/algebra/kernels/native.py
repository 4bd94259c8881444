"""The C kernels behind `Kernels`: checks that cost nanoseconds, then one call that releases the GIL."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from enigma.algebra.kernels.native_protocol import ProtocolKernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from enigma.algebra.kernels import Words

_WORD = np.dtype(np.uint64)


class NotBuilt(ImportError):
    """The package was installed without its native code, or that code does not load."""


def _extension() -> Any:
    try:
        return import_module("enigma.algebra.kernels._native")
    except ImportError as problem:
        raise NotBuilt(
            f"the native kernels are not usable ({problem}); install a C compiler, then reinstall"
        ) from problem


def levels() -> list[str]:
    """Name the SIMD levels that this processor runs, slowest first. Raises NotBuilt without native code."""
    module = _extension()
    return [module.ffi.string(module.lib.enigma_level_name(entry)).decode() for entry in _rows(module)]


def _rows(module: Any) -> list[Any]:
    entries: list[Any] = []
    while entry := module.lib.enigma_level_at(len(entries)):
        entries.append(entry)
    return entries


class NativeKernels(ProtocolKernels):
    """The kernels at one SIMD level, by default the fastest. Instances hold no state: any threads may share one."""

    __slots__ = ("_address", "_level", "_lib", "_null", "_row")

    def __init__(self, level: str | None = None) -> None:
        module = _extension()
        names = levels()
        if level is not None and level not in names:
            raise ValueError(f"this processor has no level {level!r}; it has {', '.join(names)}")
        self._level = level or names[-1]
        self._row = _rows(module)[names.index(self._level)]
        self._lib = module.lib
        self._address = module.ffi.from_buffer
        self._null = module.ffi.NULL

    def __repr__(self) -> str:
        return f"NativeKernels({self._level!r})"

    def level(self) -> str:
        """See `Kernels.level`."""
        return self._level

    def matmul(self, a: Words, b: Words, out: Words, accumulate: bool) -> None:
        """See `Kernels.matmul`. Raises ValueError for arrays that do not fit, MemoryError without scratch memory."""
        _check(a, _WORD)
        _check(b, _WORD)
        _check_out(out, _WORD)
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or out.shape != (a.shape[0], b.shape[1]):
            raise ValueError(f"matmul: {a.shape} times {b.shape} into {out.shape}")
        address = self._address
        m, k = a.shape
        if self._lib.enigma_matmul(self._row, address(a), address(b), address(out), m, k, b.shape[1], accumulate):
            raise MemoryError("matmul: no memory to rearrange a block of the right matrix")


def _check(array: NDArray[Any], kind: np.dtype[Any]) -> None:
    flags = array.flags
    if array.dtype != kind or not (flags.c_contiguous and flags.aligned):
        raise ValueError(
            f"a kernel takes contiguous, aligned arrays of {kind}, not {array.dtype}, strides {array.strides}"
        )


def _check_out(array: NDArray[Any], kind: np.dtype[Any]) -> None:
    if array.dtype != kind or not array.flags.carray:
        raise ValueError(f"a kernel writes to contiguous, aligned, writable arrays of {kind}, not {array.dtype}")
