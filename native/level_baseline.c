/* The level that every x86-64 and arm64 processor runs. Products are scalar: neither SSE2 nor NEON multiplies 64-bit
   lanes, and emulating it is slower than the one scalar multiplier. */
#include "common.h"

#define LEVEL enigma_baseline
#define LEVEL_NAME "baseline"

#define LANES 1
#define ROWS 2
#define VECTORS 4

typedef uint64_t vector;
typedef uint64_t products;

INLINE vector load(const uint64_t *from) { return *from; }
INLINE void store(uint64_t *to, vector x) { *to = x; }
INLINE vector load_first(const uint64_t *from, size_t count) { return count ? *from : 0; }
INLINE void store_first(uint64_t *to, vector x, size_t count)
{
    if (count)
        *to = x;
}
INLINE vector add(vector x, vector y) { return x + y; }
INLINE vector broadcast(uint64_t x) { return x; }
INLINE products no_products(void) { return 0; }
INLINE products multiply_add(products sum, vector left, vector right) { return sum + left * right; }
INLINE vector total(products sum) { return sum; }
INLINE uint64_t across(vector x) { return x; }

#include "matmul.inc"
#include "octets.inc"
#include "planes.inc"
#include "carry.inc"
#include "replicated.inc"
#include "truncate.inc"
#include "permutation.inc"
#include "table.inc"
