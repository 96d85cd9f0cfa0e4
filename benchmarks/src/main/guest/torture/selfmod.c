/*
 * Code that changes: patched in place, ahead of the instruction pointer, across page boundaries,
 * under a signal handler, and replaced by other mappings at the same address. An x86 CPU sees a
 * store to its own code, at the same linear address, at the next instruction (SDM 3A §12.6).
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "torture.h"

static void put32(unsigned char *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
}

/* mov eax, value; ret */
static void returns(unsigned char *at, uint32_t value) {
    at[0] = 0xb8;
    put32(at + 1, value);
    at[5] = 0xc3;
}

/* A patch in place, in stores of every width and by the string instructions. */
static void patch_in_place(void) {
    static unsigned char *page;
    if (page == NULL) {
        page = pages(2, 1);
    }
    unsigned char *at = page + random_below(PAGE_SIZE + 32);
    returns(at, 1);
    for (int i = 0; i < 40; i++) {
        expect("before a patch", as_code(at)(0), i == 0 ? 1 : i);
        uint32_t value = (uint32_t)i + 1;
        switch (random_below(5)) {
        case 0:
            for (int j = 0; j < 4; j++) {
                ((volatile unsigned char *)at)[1 + j] = (unsigned char)(value >> 8 * j);
            }
            break;
        case 1:
            *(volatile uint16_t *)(at + 1) = (uint16_t)value;
            *(volatile uint16_t *)(at + 3) = (uint16_t)(value >> 16);
            break;
        case 2:
            *(volatile uint32_t *)(at + 1) = value;
            break;
        case 3:
            *(volatile uint64_t *)at = 0xb8 | (uint64_t)value << 8 | (uint64_t)0xc3 << 40
                                       | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
            break;
        default: {
            unsigned char *from = (unsigned char *)&value;
            unsigned char *to = at + 1;
            size_t left = 4;
            __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(left) : : "memory");
        }
        }
        if (i % 8 == 7) { /* the same value again: no change to see, but a store */
            *(volatile uint32_t *)(at + 1) = value;
        }
        expect("after a patch", as_code(at)(0), value);
    }
}

/* mov dword [rip + distance], value; then nops; then mov eax, old value, which the first overwrites. */
static void patch_ahead(void) {
    static unsigned char *page;
    if (page == NULL) {
        page = pages(2, 1);
    }
    unsigned char *start = page + random_below(PAGE_SIZE);
    unsigned nops = random_below(3) == 0 ? random_below(200) : random_below(12);
    unsigned char *at = start;
    *at++ = 0xc7; /* mov dword [rip + disp32], imm32 */
    *at++ = 0x05;
    put32(at, nops + 1);
    at += 4;
    put32(at, 0x1000);
    at += 4;
    memset(at, 0x90, nops);
    at += nops;
    returns(at, 0xdead);
    for (uint32_t i = 0; i < 20; i++) {
        put32(at + 1, 0xdead);
        put32(start + 6, 0x1000 + i);
        expect("a store ahead of the instruction pointer", as_code(start)(0), 0x1000 + i);
    }
}

/* A loop that adds to its own immediate: 16 rounds of add dword [imm], 3; mov eax, imm. */
static void patch_loop(void) {
    static unsigned char *page;
    if (page == NULL) {
        page = pages(2, 1);
    }
    unsigned char *start = page + random_below(PAGE_SIZE);
    static const unsigned char text[] = {
        0x89, 0xf9,                               /* mov ecx, edi */
        0x83, 0x05, 1, 0, 0, 0, 3,                /* next: add dword [rip + 1], 3 */
        0xb8, 0, 0, 0, 0,                         /* mov eax, imm32 */
        0xff, 0xc9,                               /* dec ecx */
        0x75, 0xf0,                               /* jnz next */
        0xc3};
    memcpy(start, text, sizeof text);
    uint32_t rounds = 1 + random_below(300);
    expect("a loop over its own immediate", as_code(start)(rounds), 3 * rounds);
    expect("a loop once more", as_code(start)(1), 3 * rounds + 3);
}

/* rep stosb over the instructions that follow it, which become inc eax. */
static void fill_ahead(void) {
    static unsigned char *page;
    if (page == NULL) {
        page = pages(2, 1);
    }
    enum { COUNT = 60 };
    unsigned char *start = page + random_below(PAGE_SIZE);
    unsigned char *at = start;
    static const unsigned char head[] = {
        0x48, 0x8d, 0x3d, 16, 0, 0, 0,            /* lea rdi, [rip + 16] */
        0xb9, COUNT, 0, 0, 0,                     /* mov ecx, COUNT */
        0xb8, 0x90, 0, 0, 0,                      /* mov eax, 0x90 */
        0xf3, 0xaa,                               /* rep stosb */
        0x31, 0xc0,                               /* xor eax, eax */
        0x90, 0x90};
    memcpy(at, head, sizeof head);
    at += sizeof head;
    expect("the layout of a test", (uint64_t)(at - start), 23);
    for (int i = 0; i < COUNT; i += 2) { /* what is to be overwritten: inc eax */
        at[i] = 0xff;
        at[i + 1] = 0xc0;
    }
    at[COUNT] = 0xff; /* inc eax, once */
    at[COUNT + 1] = 0xc0;
    at[COUNT + 2] = 0xc3;
    expect("a string store ahead", as_code(start)(0), 1);
    for (int i = 0; i < COUNT; i += 2) {
        at[i] = 0xff;
        at[i + 1] = 0xc0;
    }
    start[18] = 0x90; /* without the string store */
    start[17] = 0x90;
    expect("the code as it was", as_code(start)(0), COUNT / 2 + 1);
}

/* An instruction on two pages, of which the second part changes, or one page is replaced. */
static void page_boundary(void) {
    static unsigned char *two;
    if (two == NULL) {
        two = pages(2, 1);
    }
    int before = 1 + (int)random_below(5);
    unsigned char *start = two + PAGE_SIZE - before;
    returns(start, 0x01010101);
    expect("code on two pages", as_code(start)(0), 0x01010101);
    uint32_t value = (uint32_t)random_bits();
    unsigned char text[6];
    returns(text, value);
    for (int i = 1; i < 6; i++) { /* byte by byte, the boundary in between */
        start[i] = text[i];
    }
    expect("code on two pages, patched", as_code(start)(0), value);
    unsigned char copy[PAGE_SIZE];
    unsigned char *second = two + PAGE_SIZE;
    memcpy(copy, second, PAGE_SIZE);
    if (mmap(second, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != second) {
        broken("mmap over a page");
    }
    copy[5 - before < 0 ? 0 : 5 - before] = 0xc3;
    uint32_t other = (uint32_t)random_bits();
    returns(text, other);
    memcpy(copy, text + before, 6 - (size_t)before);
    memcpy(second, copy, PAGE_SIZE);
    memcpy(start, text, (size_t)before);
    expect("code whose second page was replaced", as_code(start)(0), other);
}

/* Other code at an address: by unmapping, remapping, protection and copies on write. */
static void replaced_mapping(void) {
    unsigned char *place = pages(1, 1);
    uint32_t first = (uint32_t)random_bits();
    returns(place, first);
    for (int i = 0; i < 50; i++) {
        as_code(place)(0);
    }
    expect("code in a fresh mapping", as_code(place)(0), first);
    munmap(place, PAGE_SIZE);
    void *again = mmap(place, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (again != place) {
        broken("mmap at the same address");
    }
    returns(place, first + 1);
    expect("code in a new mapping", as_code(place)(0), first + 1);
    unsigned char *source = pages(1, 1);
    returns(source, first + 2);
    expect("code before it moves", as_code(source)(0), first + 2);
    if (mremap(source, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place) {
        broken("mremap");
    }
    expect("code that moved", as_code(place)(0), first + 2);
    if (mprotect(place, PAGE_SIZE, PROT_READ | PROT_WRITE) != 0) {
        broken("mprotect");
    }
    returns(place, first + 3);
    if (mprotect(place, PAGE_SIZE, PROT_READ | PROT_EXEC) != 0) {
        broken("mprotect");
    }
    expect("code written while not executable", as_code(place)(0), first + 3);
    mprotect(place, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
    pid_t child = fork();
    if (child == 0) {
        returns(place, first + 4);
        _exit(as_code(place)(0) == first + 4 ? 0 : 1);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        broken("fork");
    }
    expect("the child's copy of code", (uint64_t)status, 0);
    expect("code after the child's patch", as_code(place)(0), first + 3);
    munmap(place, PAGE_SIZE);
}

/* Data in the page of the code that writes it. */
static void data_beside_code(void) {
    static unsigned char *page;
    if (page == NULL) {
        page = pages(1, 1);
    }
    static const unsigned char text[] = {
        0x89, 0xf9,                               /* mov ecx, edi */
        0x01, 0x0d, 0x78, 0, 0, 0,                /* next: add [rip + 0x78], ecx */
        0xff, 0xc9,                               /* dec ecx */
        0x75, 0xf6,                               /* jnz next */
        0x8b, 0x05, 0x6e, 0, 0, 0,                /* mov eax, [rip + 0x6e] */
        0xc3};
    memcpy(page, text, sizeof text);
    put32(page + 0x80, 0);
    uint32_t count = 1 + random_below(400);
    expect("a counter beside its code", as_code(page)(count), count * (count + 1) / 2);
}

static unsigned char *trap_at;
static volatile int traps;

static void mend(int signal, siginfo_t *info, void *context) {
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    unsigned char *at = (unsigned char *)registers[REG_RIP] - (signal == SIGTRAP ? 1 : 0);
    if (at != trap_at) {
        _exit(1);
    }
    at[0] = 0x66; /* a nop of two bytes where ud2, or int3 and nop, was */
    at[1] = 0x90;
    registers[REG_RIP] = (greg_t)(uintptr_t)at;
    traps++;
}

/* Breakpoints and undefined opcodes, put into hot code and taken out by the signal's handler. */
static void traps_in_code(void) {
    static unsigned char *page;
    if (page == NULL) {
        struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
        if (sigaction(SIGTRAP, &action, NULL) != 0 || sigaction(SIGILL, &action, NULL) != 0) {
            broken("sigaction");
        }
        page = pages(1, 1);
    }
    trap_at = page + random_below(64);
    memset(page, 0x90, 128);
    returns(page + 128, 77);
    traps = 0;
    for (int i = 0; i < 20; i++) {
        expect("code without a trap", as_code(page)(0), 77);
        trap_at[1] = i & 1 ? 0x90 : 0x0b; /* int3; nop or ud2 */
        trap_at[0] = i & 1 ? 0xcc : 0x0f;
        expect("code with a trap", as_code(page)(0), 77);
        expect("the number of traps", (uint64_t)traps, (uint64_t)i + 1);
    }
}

void selfmod(long rounds) {
    for (long round = 0; round < rounds; round++) {
        patch_in_place();
        patch_ahead();
        patch_loop();
        fill_ahead();
        page_boundary();
        data_beside_code();
        if (round % 4 == 0) {
            traps_in_code();
        }
        if (round % 16 == 0) {
            replaced_mapping();
        }
    }
}
