/* What every kernel body may use, whatever the level. */
#ifndef ENIGMA_COMMON_H
#define ENIGMA_COMMON_H

#include "kernels.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Words from here to the next cache line, or all `count`. */
INLINE size_t before_line(const uint64_t *words, size_t count)
{
    return smaller((0 - (uintptr_t)words / sizeof(uint64_t)) % 8, count);
}

#endif
