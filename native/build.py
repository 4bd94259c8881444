"""How the C kernels become the module `enigma.algebra.kernels._native` (cffi, API mode: calls release the GIL).

`setup.py` reads `ffibuilder`. The extension is optional: where no C compiler is found the package installs without
it and the NumPy twin takes over.
"""

from __future__ import annotations

import cffi

SOURCES = ["dispatch.c", "level_baseline.c", "level_avx2.c", "level_avx512.c"]
BODIES = ["matmul.inc", "octets.inc", "planes.inc", "carry.inc", "replicated.inc", "truncate.inc", "permutation.inc"]
INCLUDED = ["common.h", "kernels.h", *BODIES, "table.inc"]

# The kernels that cannot fail, and their parameters; kernels.h says what they are.
PARAMETERS = {
    "cross": "words x0, words x1, words y0, words y1, words plus, words minus, words out, size_t n",
    "cross_bits": "octets x0, octets x1, octets y0, octets y1, octets mask, octets out, size_t n",
    "truncate_deal": "words z, words blind0, words blind1, words wa, words wb, words low, octets shares, int shift, "
    "words message, octets hints, size_t n, size_t k",
    "truncate_pick": "words ma, words mb, words md, octets shares, words opened, octets picked, size_t n, size_t k",
    "truncate_close": "words opened, octets mine, octets theirs, int shift, words out, size_t n, size_t k",
    "convert_deal": "octets l0, octets l1, words rest0, words rest1, words shares, words message, size_t n",
    "convert_evaluate": "octets m, words common, words mine, words dealt, words mask, int first, words out, size_t n",
    "permutation": "words random, words order, size_t n, size_t supply",
    "to_planes": "words x, words planes, size_t n, size_t count",
    "from_planes": "words planes, words x, size_t n, size_t count",
    "pack": "octets bits, words packed, size_t n",
    "unpack": "words packed, octets bits, size_t n",
    "deal_leaves": "words s, words shares, words out, size_t bits, size_t width",
    "evaluate_leaves": "words x, words shares, words blinds, int ones, int public, words out, size_t bits, "
    "size_t width",
    "deal_level": "words l, words shares, int ones, words out, size_t blocks, size_t width",
    "evaluate_level": "words m, words l, words shares, words blinds, int ones, int public, words out, size_t blocks, "
    "size_t width",
}


def signature(name: str) -> str:
    """The C signature of a kernel in `PARAMETERS`, as Python calls it."""
    parameters = PARAMETERS[name].replace("words ", "void *").replace("octets ", "void *")
    return f"int enigma_{name}(const enigma_level *level, {parameters})"


def call(name: str) -> str:
    """The C function of that signature: returns -1 for words that do not lie at multiples of 8, else 0."""
    parameters = [parameter.split() for parameter in PARAMETERS[name].split(", ")]
    places = " | ".join(f"(uintptr_t){own}" for kind, own in parameters if kind == "words") or "(uintptr_t)0"
    arguments = ", ".join(own for _, own in parameters)
    return f"""
static {signature(name)}
{{
    if (({places}) % 8)
        return -1;
    level->{name}({arguments});
    return 0;
}}
"""


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
ffibuilder.cdef(DECLARATIONS + "".join(f"{signature(name)};\n" for name in PARAMETERS))
ffibuilder.set_source(
    "enigma.algebra.kernels._native",
    CALLS + "".join(map(call, PARAMETERS)),
    sources=[f"native/{name}" for name in SOURCES],
    depends=[f"native/{name}" for name in INCLUDED],
    include_dirs=["native"],
    extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra"],
    optional=True,
)
