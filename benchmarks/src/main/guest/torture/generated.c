/*
 * What a just-in-time compiler does: random functions are generated into executable memory, run
 * beside a model in C, patched, run again, and overwritten by others.
 */
#include <string.h>

#include "torture.h"

enum { BUFFERS = 64, BUFFER = 3 * PAGE_SIZE, STEPS = 120, REGISTERS = 6 };

/* Registers the code uses, by their numbers in an instruction: eax, ecx, edx, esi, r8d, r9d. */
static const unsigned char numbers[REGISTERS] = {0, 1, 2, 6, 8, 9};

enum kind { ADD, SUB, XOR, IMUL, ROL, ADD_IMMEDIATE, XOR_IMMEDIATE, LEA, SKIP_IF_LESS, CALL_NEXT, KINDS };

struct step {
    enum kind kind;
    unsigned to;
    unsigned from;
    uint32_t value;
    unsigned char *immediate; /* where the value is in the code */
};

struct function {
    unsigned char *start;
    int steps;
    struct step step[STEPS];
};

static unsigned char *emit_rex(unsigned char *at, unsigned reg, unsigned rm) {
    if (reg > 7 || rm > 7) {
        *at++ = (unsigned char)(0x40 | (reg > 7 ? 4 : 0) | (rm > 7 ? 1 : 0));
    }
    return at;
}

static unsigned char modrm(unsigned reg, unsigned rm) {
    return (unsigned char)(0xc0 | (reg & 7) << 3 | (rm & 7));
}

static unsigned char *emit32(unsigned char *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

/* The bytes of one step. */
static unsigned char *emit(unsigned char *at, struct step *step) {
    unsigned to = numbers[step->to];
    unsigned from = numbers[step->from];
    switch (step->kind) {
    case ADD:
    case SUB:
    case XOR:
        at = emit_rex(at, from, to);
        *at++ = step->kind == ADD ? 0x01 : step->kind == SUB ? 0x29 : 0x31;
        *at++ = modrm(from, to);
        break;
    case IMUL:
        at = emit_rex(at, to, from);
        *at++ = 0x0f;
        *at++ = 0xaf;
        *at++ = modrm(to, from);
        break;
    case ROL:
        at = emit_rex(at, 0, to);
        *at++ = 0xc1;
        *at++ = modrm(0, to);
        *at++ = (unsigned char)(step->value & 31);
        break;
    case ADD_IMMEDIATE:
    case XOR_IMMEDIATE:
        at = emit_rex(at, 0, to);
        *at++ = 0x81;
        *at++ = modrm(step->kind == ADD_IMMEDIATE ? 0 : 6, to);
        step->immediate = at;
        at = emit32(at, step->value);
        break;
    case LEA: /* lea to, [from + value], of 32 bits */
        at = emit_rex(at, to, from);
        *at++ = 0x8d;
        *at++ = (unsigned char)(0x80 | (to & 7) << 3 | (from & 7));
        step->immediate = at;
        at = emit32(at, step->value);
        break;
    case SKIP_IF_LESS: /* cmp to, from; jl over inc to */
        at = emit_rex(at, from, to);
        *at++ = 0x39;
        *at++ = modrm(from, to);
        *at++ = 0x7c;
        *at++ = to > 7 ? 3 : 2;
        at = emit_rex(at, 0, to);
        *at++ = 0xff;
        *at++ = modrm(0, to);
        break;
    default: /* call over a ret; the ret returns to the jump behind it */
        *at++ = 0xe8;
        at = emit32(at, 2);
        *at++ = 0xeb;
        *at++ = 1;
        *at++ = 0xc3;
        break;
    }
    return at;
}

static uint32_t model(const struct function *function, uint32_t argument) {
    uint32_t value[REGISTERS];
    for (int i = 0; i < REGISTERS; i++) {
        value[i] = argument;
    }
    for (int i = 0; i < function->steps; i++) {
        const struct step *step = &function->step[i];
        uint32_t *to = &value[step->to];
        uint32_t from = value[step->from];
        switch (step->kind) {
        case ADD:
            *to += from;
            break;
        case SUB:
            *to -= from;
            break;
        case XOR:
            *to ^= from;
            break;
        case IMUL:
            *to *= from;
            break;
        case ROL:
            *to = *to << (step->value & 31) | (uint64_t)*to >> (32 - (step->value & 31));
            break;
        case ADD_IMMEDIATE:
            *to += step->value;
            break;
        case XOR_IMMEDIATE:
            *to ^= step->value;
            break;
        case LEA:
            *to = from + step->value;
            break;
        case SKIP_IF_LESS:
            if ((int32_t)*to >= (int32_t)from) {
                ++*to;
            }
            break;
        default:
            break;
        }
    }
    uint32_t result = 0;
    for (int i = 0; i < REGISTERS; i++) {
        result += value[i];
    }
    return result;
}

static void generate(struct function *function, unsigned char *at) {
    function->start = at;
    function->steps = 1 + (int)random_below(STEPS);
    for (int i = 0; i < REGISTERS; i++) { /* mov register, edi */
        at = emit_rex(at, 7, numbers[i]);
        *at++ = 0x89;
        *at++ = modrm(7, numbers[i]);
    }
    for (int i = 0; i < function->steps; i++) {
        struct step *step = &function->step[i];
        step->kind = (enum kind)random_below(KINDS);
        step->to = random_below(REGISTERS);
        step->from = random_below(REGISTERS);
        step->value = (uint32_t)random_bits();
        step->immediate = NULL;
        at = emit(at, step);
    }
    for (int i = 1; i < REGISTERS; i++) { /* add eax, register */
        at = emit_rex(at, numbers[i], 0);
        *at++ = 0x01;
        *at++ = modrm(numbers[i], 0);
    }
    *at = 0xc3;
}

static void check(const struct function *function, const char *what) {
    uint32_t argument = (uint32_t)random_bits();
    int times = random_below(8) == 0 ? 3000 : 3; /* hot now and then */
    for (int i = 0; i < times; i++) {
        argument = argument * 5 + (uint32_t)i;
        expect(what, as_code(function->start)(argument), model(function, argument));
    }
}

void generated(long rounds) {
    static struct function functions[BUFFERS];
    static unsigned char *buffers;
    if (buffers == NULL) {
        buffers = pages(BUFFERS * BUFFER / PAGE_SIZE, 1);
    }
    for (long round = 0; round < rounds; round++) {
        unsigned which = random_below(BUFFERS);
        struct function *function = &functions[which];
        unsigned char *buffer = buffers + (size_t)which * BUFFER;
        generate(function, buffer + random_below(BUFFER - STEPS * 12 - 64));
        check(function, "a generated function");
        for (int patch = 0; patch < 10; patch++) {
            struct step *step = &function->step[random_below((unsigned)function->steps)];
            if (step->immediate != NULL) {
                step->value = (uint32_t)random_bits();
                memcpy(step->immediate, &step->value, sizeof step->value);
                check(function, "a patched function");
            }
        }
        struct function *earlier = &functions[random_below(BUFFERS)];
        if (earlier->start != NULL) {
            check(earlier, "an earlier function");
        }
    }
}
