"""The one door to the heavy arithmetic: `load` returns the native kernels, or the NumPy twin with the same bits.

All arrays are C-contiguous, aligned and of the stated type; outputs are the caller's and never overlap inputs.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""Elements of Z_2^64, or 64 bits of a bit plane in each word."""

Octets = NDArray[np.uint8]
"""Bytes, or one bit in each."""


class Kernels(Protocol):
    """Every kernel there is. `plain` is the definition; other implementations give the same bits."""

    def level(self) -> str:
        """What runs: "numpy" for the twin, "baseline", "avx2" or "avx512" for native code."""

    def matmul(self, a: Words, b: Words, out: Words, accumulate: bool) -> None:
        """Write the product of a (m,k) and b (k,n) modulo 2^64 to out (m,n), or add it to what out holds."""


def load(which: Literal["auto", "native", "plain"] = "auto", level: str | None = None) -> Kernels:
    """Return the kernels: native code where it was built ("auto"), only that ("native"), or the twin ("plain").

    `level` picks a SIMD level by name instead of the fastest that this processor has; it is for tests and
    measurements, and for native code only. Raises ImportError where "native" is asked for and was not built, ValueError
    for a level that this processor does not have.
    """
    from enigma.algebra.kernels import plain

    if which == "plain":
        return plain
    from enigma.algebra.kernels.native import NativeKernels, NotBuilt

    try:
        return NativeKernels(level)
    except NotBuilt:
        if which == "native" or level is not None:
            raise
        return plain
