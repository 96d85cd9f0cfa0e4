/*
 * Torture programs for a CPU that caches translations of code.
 *
 *   torture PROGRAM... [--rounds N] [--seed S]
 *
 * prints, for each program, the lines which the guest suite prints for a pass:
 *
 *   @@ start NAME 1
 *   @@ end NAME 1 NANOSECONDS SEED
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "torture.h"

static const struct {
    const char *name;
    void (*run)(long rounds);
} programs[] = {
    {"selfmod", selfmod}, {"generated", generated}, {"alias", alias},
    {"processes", processes}, {"threads", threads},
};

enum { PROGRAMS = sizeof programs / sizeof programs[0] };

static uint64_t state;
static uint64_t seed = 1;
static const char *running = "torture";

uint64_t random_bits(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void expect(const char *what, uint64_t found, uint64_t expected) {
    if (found != expected) {
        printf("@@ error %s: %s: found %" PRIx64 ", expected %" PRIx64 ", seed %" PRIu64 "\n", running,
               what, found, expected, seed);
        _Exit(1);
    }
}

void broken(const char *what) {
    printf("@@ error %s: %s: %s\n", running, what, strerror(errno));
    _Exit(1);
}

unsigned char *pages(int count, int executable) {
    int protection = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0);
    void *memory = mmap(NULL, (size_t)count * PAGE_SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        broken("mmap");
    }
    return memory;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void run(const char *name, long rounds) {
    for (int i = 0; i < PROGRAMS; i++) {
        if (strcmp(programs[i].name, name) == 0) {
            state = seed * 0x9e3779b97f4a7c15u | 1;
            running = name;
            printf("@@ start %s 1\n", name);
            uint64_t start = now();
            programs[i].run(rounds);
            printf("@@ end %s 1 %" PRIu64 " %016" PRIx64 "\n", name, now() - start, seed);
            return;
        }
    }
    fprintf(stderr, "torture: there is no program %s\n", name);
    exit(2);
}

int main(int count, char **arguments) {
    long rounds = 100;
    setvbuf(stdout, NULL, _IOLBF, 512);
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(arguments[i], "--rounds") == 0) {
            rounds = atol(arguments[i + 1]);
        } else if (strcmp(arguments[i], "--seed") == 0) {
            seed = strtoull(arguments[i + 1], NULL, 0);
        }
    }
    for (int i = 1; i < count; i++) {
        if (strncmp(arguments[i], "--", 2) == 0) {
            i++;
        } else {
            run(arguments[i], rounds);
        }
    }
    return 0;
}
