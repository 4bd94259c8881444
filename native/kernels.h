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

    /* The protocols' local steps. plus, minus, the blinds, rest0, common and mb may be NULL. */
    void (*cross)(const uint64_t *x0, const uint64_t *x1, const uint64_t *y0, const uint64_t *y1, const uint64_t *plus,
                  const uint64_t *minus, uint64_t *out, size_t n);
    void (*cross_bits)(const uint8_t *x0, const uint8_t *x1, const uint8_t *y0, const uint8_t *y1, const uint8_t *mask,
                       uint8_t *out, size_t n);
    void (*truncate_deal)(const uint64_t *z, const uint64_t *blind0, const uint64_t *blind1, const uint64_t *wa,
                          const uint64_t *wb, const uint64_t *low, const uint8_t *shares, int shift, uint64_t *message,
                          uint8_t *hints, size_t n, size_t k);
    void (*truncate_pick)(const uint64_t *ma, const uint64_t *mb, const uint64_t *md, const uint8_t *shares,
                          uint64_t *opened, uint8_t *picked, size_t n, size_t k);
    void (*truncate_close)(const uint64_t *opened, const uint8_t *mine, const uint8_t *theirs, int shift, uint64_t *out,
                           size_t n, size_t k);
    void (*convert_deal)(const uint8_t *l0, const uint8_t *l1, const uint64_t *rest0, const uint64_t *rest1,
                         const uint64_t *shares, uint64_t *message, size_t n);
    void (*convert_evaluate)(const uint8_t *m, const uint64_t *common, const uint64_t *mine, const uint64_t *dealt,
                             const uint64_t *mask, int first, uint64_t *out, size_t n);

    /* order becomes a random permutation of 0 .. n - 1; order[0] = n where `supply` random words did not suffice. */
    void (*permutation)(const uint64_t *random, uint64_t *order, size_t n, size_t supply);

    /* Bits: n elements, of words `count` planes each ceil(n / 64) words. */
    void (*to_planes)(const uint64_t *x, uint64_t *planes, size_t n, size_t count);
    void (*from_planes)(const uint64_t *planes, uint64_t *x, size_t n, size_t count);
    void (*pack)(const uint8_t *bits, uint64_t *words, size_t n);
    void (*unpack)(const uint64_t *words, uint8_t *bits, size_t n);

    /* The carry tree: rows of `width` words. */
    void (*deal_leaves)(const uint64_t *s, const uint64_t *shares, uint64_t *out, size_t bits, size_t width);
    void (*evaluate_leaves)(const uint64_t *x, const uint64_t *shares, const uint64_t *blinds, int ones, int public,
                            uint64_t *out, size_t bits, size_t width);
    void (*deal_level)(const uint64_t *l, const uint64_t *shares, int ones, uint64_t *out, size_t blocks, size_t width);
    void (*evaluate_level)(const uint64_t *m, const uint64_t *l, const uint64_t *shares, const uint64_t *blinds, int ones,
                           int public, uint64_t *out, size_t blocks, size_t width);
} enigma_level;

extern const enigma_level enigma_baseline;
#if defined(__x86_64__)
extern const enigma_level enigma_avx2;
extern const enigma_level enigma_avx512;
#endif

/* The levels that this processor can run, slowest first: rank 0 always exists, NULL ends the list. */
const enigma_level *enigma_level_at(size_t rank);

#endif
