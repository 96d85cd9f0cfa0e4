/*
 * What the torture programs share. Each does a number of rounds of random work whose outcome it
 * knows beforehand, and ends with a message and status 1 where the machine computes another.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <stddef.h>
#include <stdint.h>

/* The next number that looks random, from the seed of the run. */
uint64_t random_bits(void);

/* A number below `limit`. */
static inline unsigned random_below(unsigned limit) {
    return (unsigned)((random_bits() >> 16) % limit);
}

/* Ends the program if `found` is not `expected`. */
void expect(const char *what, uint64_t found, uint64_t expected);

/* Ends the program, telling errno. */
_Noreturn void broken(const char *what);

/* Pages of zeroes, readable, writable and, if so wanted, executable. */
unsigned char *pages(int count, int executable);

enum { PAGE_SIZE = 4096 };

/* A function of machine code. */
typedef uint32_t (*code)(uint32_t argument);

static inline code as_code(const unsigned char *bytes) {
    return (code)(uintptr_t)bytes;
}

void selfmod(long rounds);
void generated(long rounds);
void alias(long rounds);
void processes(long rounds);
void threads(long rounds);

#endif
