/* The C library's string functions, which are SSE2 integer code, over buffers of many alignments. */
#define _GNU_SOURCE
#include <string.h>

#include "bench.h"

uint64_t strings(double scale) {
    enum { SIZE = 1 << 20, LINE = 97 };
    static char source[SIZE + 64], target[SIZE + 64];
    long rounds = scaled(scale, 150);
    uint64_t random = 5783321u;
    for (int i = 0; i < SIZE; i++) {
        source[i] = (char)('a' + next_random(&random) % 26);
    }
    uint64_t sum = 0;
    for (long round = 0; round < rounds; round++) {
        int shift = (int)(round * 7 % 61);
        memcpy(target + shift, source, SIZE - 64);
        target[shift + SIZE - 64] = 0;
        sum += strlen(target + shift);
        memcpy(source + SIZE - 64, "\0", 1);
        sum += strcmp(target + shift, source) == 0;
        sum += memcmp(target + shift + 1, source + 1, SIZE - 65) == 0;
        memmove(target + 3, target + shift, SIZE - 128);
        sum += (uint64_t)(strchr(target + 3, source[SIZE / 2 + round]) - target);
        char *found = memrchr(target, 'q', SIZE / 2);
        sum += found == NULL ? 1 : (uint64_t)(found - target);
        for (int i = 0; i + LINE < SIZE / 4; i += LINE) { /* short strings, as most are */
            target[i + LINE - 1] = 0;
            sum = mix(sum, strlen(target + i) + (uint64_t)strncmp(target + i, source + i, 16));
        }
        memset(target, 'z', SIZE / 2);
        sum += strspn(target + SIZE / 2 - 5000, "z");
    }
    return sum;
}
