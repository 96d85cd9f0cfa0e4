/*
 * What the programs of the guest suite share. A program is a function that does one pass of its
 * work and returns a checksum of what it computed, which must be the same on every machine.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The amount of work of a pass: the program's own unit times the scale of the run, at least one. */
static inline long scaled(double scale, long amount) {
    long work = (long)(scale * (double)amount);
    return work < 1 ? 1 : work;
}

/* One round of a 64-bit mixing function: for checksums and for numbers that look random. */
static inline uint64_t mix(uint64_t state, uint64_t value) {
    state = (state ^ value) * 0x9e3779b97f4a7c15u;
    return state ^ (state >> 29);
}

/* A xorshift generator; the state must not be zero. */
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* Ends the program with a message on the console. */
_Noreturn void fail(const char *what);

/* Runs `path` with `arguments` and waits for it; fails unless it exits with status 0. */
void run_to_end(const char *path, char *const arguments[]);

uint64_t sieve(double scale);
uint64_t hash(double scale);
uint64_t sort(double scale);
uint64_t nbody(double scale);
uint64_t fib(double scale);
uint64_t matrix(double scale);
uint64_t strings(double scale);
uint64_t x87(double scale);
uint64_t division(double scale);
uint64_t indirect(double scale);
uint64_t interpreter(double scale);
uint64_t pointers(double scale);

uint64_t syscalls(double scale);
uint64_t forks(double scale);
uint64_t execs(double scale);
uint64_t mappings(double scale);
uint64_t faults(double scale);
uint64_t pipes(double scale);
uint64_t signals(double scale);

#endif
