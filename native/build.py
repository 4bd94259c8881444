"""How the C kernels become the module `enigma.algebra.kernels._native` (cffi, API mode: calls release the GIL).

`setup.py` reads `ffibuilder`. The extension is optional: where no C compiler is found the package installs without
it and the NumPy twin takes over.
"""

from __future__ import annotations

import cffi

SOURCES = ["dispatch.c", "level_baseline.c", "level_avx2.c", "level_avx512.c"]
INCLUDED = ["common.h", "kernels.h", "matmul.inc", "table.inc"]

DECLARATIONS = """
typedef struct enigma_level enigma_level;
const enigma_level *enigma_level_at(size_t rank);
const char *enigma_level_name(const enigma_level *level);
int enigma_matmul(const enigma_level *level, const void *a, const void *b, void *out,
                  size_t m, size_t k, size_t n, int accumulate);
"""

# A call of a function is cheaper for cffi than a call through a pointer, hence one line per kernel.
CALLS = """
#include "kernels.h"

static const char *enigma_level_name(const enigma_level *level) { return level->name; }

static int enigma_matmul(const enigma_level *level, const void *a, const void *b, void *out,
                         size_t m, size_t k, size_t n, int accumulate)
{
    return level->matmul(a, b, out, m, k, n, accumulate);
}
"""

ffibuilder = cffi.FFI()
ffibuilder.cdef(DECLARATIONS)
ffibuilder.set_source(
    "enigma.algebra.kernels._native",
    CALLS,
    sources=[f"native/{name}" for name in SOURCES],
    depends=[f"native/{name}" for name in INCLUDED],
    include_dirs=["native"],
    extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra"],
    optional=True,
)
