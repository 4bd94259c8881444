/* AVX2: four 64-bit lanes; a 64-bit product is put together from 32-bit halves. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "common.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#define LEVEL enigma_avx2
#define LEVEL_NAME "avx2"

#define LANES 4
#define ROWS 3
#define VECTORS 2

typedef __m256i vector;

/* low: sums of the products of low halves, modulo 2^64. cross: each 32-bit lane sums low half times high half, modulo
   2^32, since only that much of it reaches the 64-bit product. Joined once at the end, which halves the work per step. */
typedef struct {
    __m256i low, cross;
} products;

INLINE vector load(const uint64_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE void store(uint64_t *to, vector x) { _mm256_storeu_si256((__m256i *)to, x); }
INLINE vector add(vector x, vector y) { return _mm256_add_epi64(x, y); }
INLINE vector broadcast(uint64_t x) { return _mm256_set1_epi64x((long long)x); }

/* Masked stores of AVX2 are slow on some processors. */
INLINE vector load_first(const uint64_t *from, size_t count)
{
    return _mm256_set_epi64x(0, count > 2 ? (long long)from[2] : 0, count > 1 ? (long long)from[1] : 0,
                             count > 0 ? (long long)from[0] : 0);
}

INLINE void store_first(uint64_t *to, vector x, size_t count)
{
    uint64_t lanes[LANES];

    store(lanes, x);
    for (size_t i = 0; i < LANES - 1; i++)
        if (i < count)
            to[i] = lanes[i];
}

INLINE products no_products(void)
{
    products sum = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    return sum;
}

INLINE products multiply_add(products sum, vector left, vector right)
{
    const vector swapped = _mm256_shuffle_epi32(left, 0xB1);

    sum.low = _mm256_add_epi64(sum.low, _mm256_mul_epu32(left, right));
    sum.cross = _mm256_add_epi32(sum.cross, _mm256_mullo_epi32(swapped, right));
    return sum;
}

INLINE vector total(products sum)
{
    const vector high = _mm256_add_epi32(sum.cross, _mm256_srli_epi64(sum.cross, 32));
    return _mm256_add_epi64(sum.low, _mm256_slli_epi64(high, 32));
}

INLINE uint64_t across(vector x)
{
    const __m128i pair = _mm_add_epi64(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    return (uint64_t)_mm_cvtsi128_si64(pair) + (uint64_t)_mm_extract_epi64(pair, 1);
}

#include "matmul.inc"
#include "octets.inc"
#include "planes.inc"
#include "carry.inc"
#include "replicated.inc"
#include "truncate.inc"
#include "permutation.inc"
#include "table.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int enigma_no_avx2; /* ISO C wants a declaration */
#endif
