/* AVX-512 (F, DQ, BW, VL): eight 64-bit lanes with a 64-bit multiply of their own. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "common.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx2,avx512f,avx512dq,avx512bw,avx512vl")
#endif

#define LEVEL enigma_avx512
#define LEVEL_NAME "avx512"

#define LANES 8
#define ROWS 6
#define VECTORS 4

typedef __m512i vector;
typedef __m512i products;

INLINE vector load(const uint64_t *from) { return _mm512_loadu_si512(from); }
INLINE void store(uint64_t *to, vector x) { _mm512_storeu_si512(to, x); }
INLINE __mmask8 first(size_t count) { return (__mmask8)((1u << count) - 1); }
INLINE vector load_first(const uint64_t *from, size_t count) { return _mm512_maskz_loadu_epi64(first(count), from); }
INLINE void store_first(uint64_t *to, vector x, size_t count) { _mm512_mask_storeu_epi64(to, first(count), x); }
INLINE vector add(vector x, vector y) { return _mm512_add_epi64(x, y); }
INLINE vector broadcast(uint64_t x) { return _mm512_set1_epi64((long long)x); }
INLINE products no_products(void) { return _mm512_setzero_si512(); }
INLINE vector total(products sum) { return sum; }
INLINE uint64_t across(vector x) { return (uint64_t)_mm512_reduce_add_epi64(x); }

INLINE products multiply_add(products sum, vector left, vector right)
{
    return _mm512_add_epi64(sum, _mm512_mullo_epi64(left, right));
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
typedef int enigma_no_avx512; /* ISO C wants a declaration */
#endif
