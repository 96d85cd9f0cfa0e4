/*
 * The guest suite as one static program.
 *
 *   guest PROGRAM [--scale X] [--passes N]            runs a program of the suite N times
 *   guest command NAME [--passes N] -- COMMAND...     times a command N times, its output hashed
 *   guest text BYTES                                  prints text that compresses as prose does
 *   guest list                                        prints the programs' names
 *   guest true                                        does nothing
 *   guest poweroff                                    switches the machine off at once
 *
 * Around each pass it prints a line when it starts and one when it ends:
 *
 *   @@ start NAME PASS
 *   @@ end NAME PASS NANOSECONDS CHECKSUM
 *
 * The first pass runs cold; the later ones run what the machine has already seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static const struct {
    const char *name;
    uint64_t (*pass)(double scale);
} programs[] = {
    {"sieve", sieve},       {"hash", hash},         {"qsort", sort},
    {"nbody", nbody},       {"fib", fib},           {"matrix", matrix},
    {"strings", strings},   {"x87", x87},           {"division", division},
    {"indirect", indirect}, {"bytecode", interpreter}, {"pointers", pointers},
    {"getppid", syscalls},  {"fork", forks},        {"exec", execs},
    {"mmap", mappings},     {"faults", faults},     {"pipe", pipes},
    {"signals", signals},
};

enum { PROGRAMS = sizeof programs / sizeof programs[0] };

void fail(const char *what) {
    printf("@@ error %s: %s\n", what, errno ? strerror(errno) : "wrong result");
    exit(1);
}

void run_to_end(const char *path, char *const arguments[]) {
    pid_t child;
    int status;
    errno = posix_spawn(&child, path, NULL, NULL, arguments, environ);
    if (errno != 0 || waitpid(child, &status, 0) != child) {
        fail(path);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        errno = 0;
        fail(path);
    }
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void report_start(const char *name, long pass) {
    printf("@@ start %s %ld\n", name, pass);
}

static void report_end(const char *name, long pass, uint64_t start, uint64_t checksum) {
    uint64_t time = now() - start;
    printf("@@ end %s %ld %" PRIu64 " %016" PRIx64 "\n", name, pass, time, checksum);
}

/* Runs a command with its standard output in a pipe, and hashes what comes out of it. */
static uint64_t pass_of_command(char *const command[]) {
    int ends[2];
    pid_t child;
    int status;
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0) {
        fail("pipe");
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
    if (errno != 0) {
        fail(command[0]);
    }
    close(ends[1]);
    uint64_t sum = 1;
    char buffer[4096];
    ssize_t count;
    while ((count = read(ends[0], buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            sum = mix(sum, (unsigned char)buffer[i]);
        }
    }
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        errno = 0;
        fail(command[0]);
    }
    return sum;
}

static int text(long size) {
    static const char letters[] = "etaoin shrdlu cmfwyp vbgkjqxz";
    uint64_t random = 88172645463325252u;
    char words[256][12];
    for (int i = 0; i < 256; i++) {
        int length = 2 + (int)(next_random(&random) % 8);
        for (int j = 0; j < length; j++) {
            uint64_t value = next_random(&random);
            words[i][j] = letters[(value & 31) * (value >> 5 & 31) / 33 % (sizeof letters - 1)];
        }
        words[i][length] = 0;
    }
    for (long done = 0; done < size;) {
        uint64_t value = next_random(&random);
        char line[16];
        int length = snprintf(line, sizeof line, "%s%c", words[(value & 255) * (value >> 8 & 255) / 255],
                              (value >> 16 & 15) == 0 ? '\n' : ' ');
        if (length > size - done) {
            length = (int)(size - done);
        }
        fwrite(line, 1, (size_t)length, stdout);
        done += length;
    }
    return fflush(stdout) != 0;
}

static int usage(void) {
    fputs("usage: guest PROGRAM|command NAME|text BYTES|list|true|poweroff [--scale X] [--passes N] [-- COMMAND]\n",
          stderr);
    return 2;
}

int main(int count, char **arguments) {
    if (count < 2) {
        return usage();
    }
    const char *name = arguments[1];
    if (strcmp(name, "true") == 0) {
        return 0;
    }
    if (strcmp(name, "poweroff") == 0) {
        sync();
        reboot(RB_POWER_OFF);
        fail("poweroff");
    }
    if (strcmp(name, "text") == 0 && count == 3) {
        return text(atol(arguments[2]));
    }
    if (strcmp(name, "list") == 0) {
        for (int i = 0; i < PROGRAMS; i++) {
            puts(programs[i].name);
        }
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 256);
    int at = 2;
    int is_command = strcmp(name, "command") == 0;
    if (is_command) {
        if (count < 3) {
            return usage();
        }
        name = arguments[at++];
    }
    double scale = 1;
    long passes = 1;
    for (; at + 1 < count && strcmp(arguments[at], "--") != 0; at += 2) {
        if (strcmp(arguments[at], "--scale") == 0) {
            scale = atof(arguments[at + 1]);
        } else if (strcmp(arguments[at], "--passes") == 0) {
            passes = atol(arguments[at + 1]);
        } else {
            return usage();
        }
    }
    if (is_command) {
        if (at + 1 >= count) {
            return usage();
        }
        for (long pass = 1; pass <= passes; pass++) {
            report_start(name, pass);
            uint64_t start = now();
            uint64_t sum = pass_of_command(arguments + at + 1);
            report_end(name, pass, start, sum);
        }
        return 0;
    }
    for (int i = 0; i < PROGRAMS; i++) {
        if (strcmp(programs[i].name, name) == 0) {
            for (long pass = 1; pass <= passes; pass++) {
                report_start(name, pass);
                uint64_t start = now();
                uint64_t sum = programs[i].pass(scale);
                report_end(name, pass, start, sum);
            }
            return 0;
        }
    }
    fprintf(stderr, "guest: there is no program %s\n", name);
    return 2;
}
