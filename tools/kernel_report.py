"""Say, after an installation, which kernels will run, and where the compiler's words are if it built none."""

from __future__ import annotations

import sys

from enigma.algebra.kernels import load

level = load().level()
if level == "numpy":
    print("No native kernels: without a working C compiler the NumPy twin runs, same results, slower.")
    print(f"Install gcc or clang, then `make clean` and again. What the compiler said: {sys.argv[1]}")
else:
    print(f"Native kernels are built; this processor runs them at level {level}.")
