/* Work that the kernel does for a program: system calls, processes, memory and signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const size_t PAGE = 4096;

/* A million of the cheapest system call. */
uint64_t syscalls(double scale) {
    long calls = scaled(scale, 1000000);
    uint64_t equal = 0;
    long parent = syscall(SYS_getppid);
    for (long i = 0; i < calls; i++) {
        equal += syscall(SYS_getppid) == parent;
    }
    return equal;
}

static void wait_for(pid_t child, int status) {
    int found;
    if (waitpid(child, &found, 0) != child || found != status) {
        fail("wait");
    }
}

/* 200 children which end at once. */
uint64_t forks(double scale) {
    long count = scaled(scale, 200);
    for (long i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0) {
            _exit(7);
        }
        if (child < 0) {
            fail("fork");
        }
        wait_for(child, 7 << 8);
    }
    return (uint64_t)count;
}

/* 150 new processes of this program, static as it is, which end at once. */
uint64_t execs(double scale) {
    long count = scaled(scale, 150);
    char *const arguments[] = {"guest", "true", NULL};
    for (long i = 0; i < count; i++) {
        run_to_end("/proc/self/exe", arguments);
    }
    return (uint64_t)count;
}

/* 200 times: a mapping of 1 MiB, touched page by page and taken away. */
uint64_t mappings(double scale) {
    long count = scaled(scale, 200);
    size_t size = 1 << 20;
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        unsigned char *memory =
            mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            fail("mmap");
        }
        for (size_t at = 0; at < size; at += PAGE) {
            sum += memory[at];
            memory[at] = (unsigned char)(at >> 12);
            sum += memory[at];
        }
        if (munmap(memory, size) != 0) {
            fail("munmap");
        }
    }
    return sum;
}

/* Page faults: fresh pages, pages to copy after a fork, and pages whose protection changed. */
uint64_t faults(double scale) {
    long rounds = scaled(scale, 20);
    size_t size = 4 << 20;
    uint64_t sum = 0;
    unsigned char *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    madvise(memory, size, MADV_NOHUGEPAGE);
    for (long round = 0; round < rounds; round++) {
        if (madvise(memory, size, MADV_DONTNEED) != 0) {
            fail("madvise");
        }
        for (size_t at = 0; at < size; at += PAGE) {
            memory[at] = (unsigned char)round;
        }
        pid_t child = fork();
        if (child == 0) {
            for (size_t at = 0; at < size; at += PAGE) {
                memory[at]++;
            }
            _exit(memory[size - PAGE] == (unsigned char)(round + 1) ? 0 : 1);
        }
        if (child < 0) {
            fail("fork");
        }
        wait_for(child, 0);
        if (mprotect(memory, size, PROT_READ) != 0
            || mprotect(memory, size, PROT_READ | PROT_WRITE) != 0) {
            fail("mprotect");
        }
        for (size_t at = 0; at < size; at += PAGE) {
            sum += memory[at]++;
        }
    }
    munmap(memory, size);
    return sum;
}

/* Two processes which hand a byte to and fro through two pipes, 5,000 times. */
uint64_t pipes(double scale) {
    long rounds = scaled(scale, 5000);
    int there[2], back[2];
    if (pipe(there) != 0 || pipe(back) != 0) {
        fail("pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        unsigned char byte;
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            byte++;
            if (write(back[1], &byte, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    if (child < 0) {
        fail("fork");
    }
    close(there[0]);
    uint64_t sum = 0;
    unsigned char byte = 0;
    for (long i = 0; i < rounds; i++) {
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) {
            fail("pipe");
        }
        sum += byte;
    }
    close(there[1]);
    wait_for(child, 0);
    close(back[0]);
    close(back[1]);
    return sum;
}

static volatile uint64_t handled;
static unsigned char *volatile guarded;

static void count_signal(int signal) {
    (void)signal;
    handled++;
}

static void open_page(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    unsigned char *page = (unsigned char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
    if (page != guarded || mprotect(page, PAGE, PROT_READ | PROT_WRITE) != 0) {
        _exit(1);
    }
    handled++;
}

/* Signals a process sends itself, and writes to a page it has to open in a handler. */
uint64_t signals(double scale) {
    long count = scaled(scale, 60000);
    struct sigaction counting = {.sa_handler = count_signal};
    struct sigaction opening = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO};
    guarded = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded == MAP_FAILED || sigaction(SIGUSR1, &counting, NULL) != 0
        || sigaction(SIGSEGV, &opening, NULL) != 0) {
        fail("signals");
    }
    handled = 0;
    pid_t self = getpid();
    for (long i = 0; i < count; i++) {
        kill(self, SIGUSR1);
        if (i % 4 == 0) {
            *(volatile unsigned char *)guarded = (unsigned char)i;
            mprotect(guarded, PAGE, PROT_READ);
        }
    }
    signal(SIGSEGV, SIG_DFL);
    munmap(guarded, PAGE);
    return handled;
}
