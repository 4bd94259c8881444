/* Which SIMD levels this processor, and its operating system, can run. */
#include "kernels.h"

const enigma_level *enigma_level_at(size_t rank)
{
    const enigma_level *usable[3];
    size_t count = 0;

    usable[count++] = &enigma_baseline;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = &enigma_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl"))
        usable[count++] = &enigma_avx512;
#endif
    return rank < count ? usable[rank] : NULL;
}
