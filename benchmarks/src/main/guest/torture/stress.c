/* Processes, memory, signals and threads in a crowd, each checking what it gets. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

static void reap(int children) {
    for (int i = 0; i < children; i++) {
        int status;
        if (wait(&status) < 0) {
            broken("wait");
        }
        expect("a child's status", (uint64_t)status, 0);
    }
}

/* Sends a block of numbers from a child through a pipe, to be compared with the model. */
static void through_a_pipe(uint32_t seed) {
    int ends[2];
    if (pipe(ends) != 0) {
        broken("pipe");
    }
    enum { WORDS = 3000 };
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (uint32_t i = 0; i < WORDS; i++) {
            uint32_t word = (seed + i) * 2654435761u;
            if (write(ends[1], &word, sizeof word) != sizeof word) {
                _exit(1);
            }
        }
        _exit(0);
    }
    if (child < 0) {
        broken("fork");
    }
    close(ends[1]);
    for (uint32_t i = 0; i < WORDS;) {
        uint32_t block[256];
        size_t have = 0;
        size_t want = (WORDS - i < 256 ? WORDS - i : 256) * sizeof block[0];
        while (have < want) {
            ssize_t count = read(ends[0], (char *)block + have, want - have);
            if (count <= 0) {
                broken("read from a pipe");
            }
            have += (size_t)count;
        }
        for (size_t j = 0; j < want / sizeof block[0]; j++) {
            expect("a word through a pipe", block[j], (seed + i + (uint32_t)j) * 2654435761u);
        }
        i += (uint32_t)(want / sizeof block[0]);
    }
    close(ends[0]);
    reap(1);
}

/* Mappings that come, are filled, split, moved, shared with a child, and go. */
static void churn(void) {
    enum { COUNT = 24 };
    unsigned char *area[COUNT];
    int size[COUNT];
    for (int i = 0; i < COUNT; i++) {
        size[i] = 1 + (int)random_below(40);
        area[i] = pages(size[i], 0);
        for (int page = 0; page < size[i]; page++) {
            memset(area[i] + page * PAGE_SIZE, i + page, PAGE_SIZE);
        }
    }
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < COUNT; i++) {
            for (int page = 0; page < size[i]; page++) {
                area[i][page * PAGE_SIZE]++;
                if (area[i][page * PAGE_SIZE] != (unsigned char)(i + page + 1)
                    || area[i][page * PAGE_SIZE + PAGE_SIZE - 1] != (unsigned char)(i + page)) {
                    _exit(1);
                }
            }
        }
        _exit(0);
    }
    if (child < 0) {
        broken("fork");
    }
    for (int i = 0; i < COUNT; i++) {
        int page = (int)random_below((unsigned)size[i]);
        expect("a page beside the child's", area[i][page * PAGE_SIZE], (unsigned char)(i + page));
        if (i % 3 == 0) {
            unsigned char *moved = mremap(area[i], (size_t)size[i] * PAGE_SIZE,
                                          (size_t)(size[i] + 8) * PAGE_SIZE, MREMAP_MAYMOVE);
            if (moved == MAP_FAILED) {
                broken("mremap");
            }
            area[i] = moved;
            size[i] += 8;
            expect("a page that grew", area[i][(size[i] - 1) * PAGE_SIZE], 0);
            expect("a page that moved", area[i][page * PAGE_SIZE + 9], (unsigned char)(i + page));
        } else if (i % 3 == 1) {
            mprotect(area[i] + page * PAGE_SIZE, PAGE_SIZE, PROT_READ);
            expect("a read-only page", area[i][page * PAGE_SIZE + 5], (unsigned char)(i + page));
        }
    }
    reap(1);
    for (int i = 0; i < COUNT; i++) {
        if (munmap(area[i], (size_t)size[i] * PAGE_SIZE) != 0) {
            broken("munmap");
        }
    }
}

static volatile sig_atomic_t caught;

static void count(int signal) {
    (void)signal;
    caught++;
}

/* A child that sends signals and waits for each to be answered by another. */
static void signals_to_and_fro(void) {
    struct sigaction action = {.sa_handler = count};
    sigset_t blocked, before;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    caught = 0;
    enum { TIMES = 100 };
    pid_t child = fork();
    pid_t other = child == 0 ? getppid() : child;
    if (child < 0) {
        broken("fork");
    }
    for (int i = 0; i < TIMES; i++) {
        if (child == 0) {
            kill(other, SIGUSR1);
        }
        while (caught <= i) {
            sigsuspend(&before);
        }
        if (child != 0) {
            kill(other, SIGUSR1);
        }
    }
    if (child == 0) {
        _exit(caught == TIMES ? 0 : 1);
    }
    reap(1);
    sigprocmask(SIG_SETMASK, &before, NULL);
    expect("signals caught", (uint64_t)caught, TIMES);
}

void processes(long rounds) {
    for (long round = 0; round < rounds; round++) {
        uint32_t seed = (uint32_t)random_bits();
        int children = 1 + (int)random_below(6);
        for (int i = 0; i < children; i++) {
            pid_t child = fork();
            if (child == 0) {
                random_bits();
                switch ((seed >> i) & 3) {
                case 0:
                    churn();
                    break;
                case 1:
                    signals_to_and_fro();
                    break;
                default:
                    through_a_pipe(seed);
                }
                _exit(0);
            }
            if (child < 0) {
                broken("fork");
            }
        }
        churn();
        reap(children);
    }
}

enum { THREADS = 4, SLOTS = 64, ITEMS = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint32_t queue[SLOTS];
static int head, length;
static uint64_t plain_count;
static atomic_ullong atomic_count;
static atomic_ullong taken_sum;

static void *produce(void *argument) {
    uint32_t base = (uint32_t)(uintptr_t)argument;
    for (uint32_t i = 0; i < ITEMS; i++) {
        pthread_mutex_lock(&lock);
        while (length == SLOTS) {
            pthread_cond_wait(&changed, &lock);
        }
        queue[(head + length++) % SLOTS] = base + i;
        plain_count++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        for (int j = 0; j < 20; j++) {
            atomic_fetch_add(&atomic_count, 1);
        }
    }
    return NULL;
}

static void *consume(void *argument) {
    (void)argument;
    uint64_t sum = 0;
    for (int i = 0; i < ITEMS; i++) {
        pthread_mutex_lock(&lock);
        while (length == 0) {
            pthread_cond_wait(&changed, &lock);
        }
        sum += queue[head];
        head = (head + 1) % SLOTS;
        length--;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    atomic_fetch_add(&taken_sum, sum);
    return NULL;
}

/* Two threads of a Peterson lock, which needs stores and loads in the order x86 promises. */
static atomic_int wants[2];
static atomic_int turn;
static volatile uint64_t guarded;

static void *peterson(void *argument) {
    int self = (int)(uintptr_t)argument;
    for (int i = 0; i < ITEMS; i++) {
        atomic_store_explicit(&wants[self], 1, memory_order_relaxed);
        atomic_store_explicit(&turn, 1 - self, memory_order_relaxed);
        __asm__ volatile("mfence" : : : "memory");
        for (int j = 1; atomic_load_explicit(&wants[1 - self], memory_order_acquire)
                        && atomic_load_explicit(&turn, memory_order_acquire) == 1 - self; j++) {
            if (j % 200 == 0) {
                sched_yield();
            }
        }
        guarded = guarded + 1;
        atomic_store_explicit(&wants[self], 0, memory_order_release);
    }
    return NULL;
}

void threads(long rounds) {
    for (long round = 0; round < rounds; round++) {
        pthread_t all[2 * THREADS + 2];
        int started = 0;
        plain_count = 0;
        guarded = 0;
        atomic_store(&atomic_count, 0);
        atomic_store(&taken_sum, 0);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < THREADS; i++) {
            uint32_t base = (uint32_t)random_bits() >> 8;
            for (uint32_t j = 0; j < ITEMS; j++) {
                sum += base + j;
            }
            errno = pthread_create(&all[started++], NULL, produce, (void *)(uintptr_t)base);
            errno = errno ? errno : pthread_create(&all[started++], NULL, consume, NULL);
            if (errno != 0) {
                broken("pthread_create");
            }
        }
        for (uintptr_t i = 0; i < 2; i++) {
            errno = pthread_create(&all[started++], NULL, peterson, (void *)i);
            if (errno != 0) {
                broken("pthread_create");
            }
        }
        for (int i = 0; i < started; i++) {
            pthread_join(all[i], NULL);
        }
        expect("items counted under a lock", plain_count, THREADS * ITEMS);
        expect("items counted by atomics", atomic_load(&atomic_count), 20ull * THREADS * ITEMS);
        expect("the sum of what was taken", atomic_load(&taken_sum), sum);
        expect("a count under Peterson's lock", guarded, 2 * ITEMS);
    }
}
