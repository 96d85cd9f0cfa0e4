/*
 * Code patched through another mapping of its page by a thread on another CPU, while the first
 * executes it: with a handshake and a serialising instruction (SDM 3A §9.1.3), and in the way of
 * Linux's text_poke, by a breakpoint and a core synchronisation of all threads.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "torture.h"

static unsigned char *writable;
static unsigned char *executable;
static atomic_uint published;
static atomic_uint seen;
static atomic_uint stop;

static void map_twice(void) {
    int file = memfd_create("code", 0);
    if (file < 0 || ftruncate(file, 2 * PAGE_SIZE) != 0) {
        broken("memfd_create");
    }
    writable = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    executable = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    close(file);
    if (writable == MAP_FAILED || executable == MAP_FAILED) {
        broken("mmap of a memfd");
    }
}

static void run_on(int cpu) {
    cpu_set_t set;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        return; /* one CPU: the threads take turns, and the results are the same */
    }
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        broken("sched_setaffinity");
    }
}

static void serialise(void) {
    unsigned eax = 0;
    __asm__ volatile("cpuid" : "+a"(eax) : : "ebx", "ecx", "edx", "memory");
}

static void await(atomic_uint *value, unsigned least) {
    for (unsigned i = 0; atomic_load(value) < least; i++) {
        if (i % 1000 == 999) {
            sched_yield();
        }
    }
}

/* mov eax, value; ret, at an offset of the code, through the writable mapping. */
static void write_code(unsigned offset, uint32_t value) {
    unsigned char *at = writable + offset;
    at[0] = 0xb8;
    memcpy(at + 1, &value, sizeof value);
    at[5] = 0xc3;
}

static unsigned offset_of(unsigned number) {
    return number % 7 == 0 ? PAGE_SIZE - 3 : 64; /* now and then on two pages */
}

/* Waits for each version, serialises, and runs it a few times. */
static void *follow(void *argument) {
    unsigned rounds = (unsigned)(uintptr_t)argument;
    run_on(1);
    for (unsigned number = 1; number <= rounds; number++) {
        await(&published, number);
        serialise();
        code function = as_code(executable + offset_of(number));
        for (int i = 0; i < 30; i++) {
            expect("code patched with a handshake", function(0), number);
        }
        atomic_store(&seen, number);
    }
    return NULL;
}

static void handshake(long rounds) {
    pthread_t thread;
    atomic_store(&published, 0);
    atomic_store(&seen, 0);
    if (pthread_create(&thread, NULL, follow, (void *)(uintptr_t)rounds) != 0) {
        broken("pthread_create");
    }
    for (unsigned number = 1; number <= (unsigned)rounds; number++) {
        write_code(offset_of(number), number);
        atomic_store(&published, number);
        await(&seen, number);
    }
    pthread_join(thread, NULL);
}

static void back_to_start(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_RIP]--; /* as long as the breakpoint is there it is met again */
}

static void synchronise(void) {
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) != 0) {
        broken("membarrier");
    }
}

/* Runs the code all the time; every version it sees must be whole, and none older than published. */
static void *run_always(void *argument) {
    (void)argument;
    run_on(1);
    code function = as_code(executable + PAGE_SIZE - 3);
    unsigned last = 0;
    while (!atomic_load(&stop)) {
        unsigned least = atomic_load(&published);
        uint32_t found = function(0);
        if (found >> 16 != (found & 0xffff)) {
            expect("a version in one piece", found, found >> 16 | (found >> 16) << 16);
        }
        if ((found & 0xffff) < (least & 0xffff) || (found & 0xffff) < last) {
            expect("a version not older than published", found & 0xffff, least & 0xffff);
        }
        last = found & 0xffff;
    }
    return NULL;
}

static void poke(long rounds) {
    struct sigaction action = {.sa_sigaction = back_to_start, .sa_flags = SA_SIGINFO};
    unsigned count = rounds > 60000 ? 60000 : (unsigned)rounds;
    pthread_t thread;
    if (sigaction(SIGTRAP, &action, NULL) != 0
        || syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) != 0) {
        broken("membarrier");
    }
    atomic_store(&published, 0);
    atomic_store(&stop, 0);
    write_code(PAGE_SIZE - 3, 0);
    synchronise();
    if (pthread_create(&thread, NULL, run_always, NULL) != 0) {
        broken("pthread_create");
    }
    volatile unsigned char *at = writable + PAGE_SIZE - 3;
    for (unsigned number = 1; number <= count; number++) {
        at[0] = 0xcc;
        synchronise();
        uint32_t value = number | number << 16;
        for (int i = 0; i < 4; i++) {
            at[1 + i] = (unsigned char)(value >> 8 * i);
        }
        synchronise();
        at[0] = 0xb8;
        synchronise();
        atomic_store(&published, number);
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
}

void alias(long rounds) {
    map_twice();
    run_on(0);
    handshake(rounds);
    poke(rounds);
    munmap(writable, 2 * PAGE_SIZE);
    munmap(executable, 2 * PAGE_SIZE);
}
