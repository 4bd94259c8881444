/* The table of kernels that every SIMD level fills in, and the choice between the levels.

   All arithmetic is modulo 2^64. Matrices are row-major and dense. Outputs never overlap inputs. */
#ifndef ENIGMA_KERNELS_H
#define ENIGMA_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct enigma_level {
    const char *name;
    /* out (m,n) = a (m,k) times b (k,n), added to what out holds if accumulate. Returns 0, or -1 without memory. */
    int (*matmul)(const uint64_t *a, const uint64_t *b, uint64_t *out, size_t m, size_t k, size_t n, int accumulate);
} enigma_level;

extern const enigma_level enigma_baseline;
#if defined(__x86_64__)
extern const enigma_level enigma_avx2;
extern const enigma_level enigma_avx512;
#endif

/* The levels that this processor can run, slowest first: rank 0 always exists, NULL ends the list. */
const enigma_level *enigma_level_at(size_t rank);

#endif
