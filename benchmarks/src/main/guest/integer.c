/* Integer work in user mode: arrays, arithmetic, calls and branches. */
#include "bench.h"

/* The primes below 20 million, by crossing out in an array of bytes. */
uint64_t sieve(double scale) {
    long limit = scaled(scale, 20000000) + 16;
    unsigned char *composite = calloc((size_t)limit, 1);
    if (composite == NULL) {
        fail("sieve: calloc");
    }
    uint64_t sum = 0;
    long primes = 0;
    for (long i = 2; i < limit; i++) {
        if (composite[i]) {
            continue;
        }
        primes++;
        sum += (uint64_t)i;
        if (i <= limit / i) {
            for (long j = i * i; j < limit; j += i) {
                composite[j] = 1;
            }
        }
    }
    free(composite);
    return mix(sum, (uint64_t)primes);
}

/* 200 million rounds of xor and multiplication by FNV's 64-bit prime, in registers only. */
uint64_t hash(double scale) {
    long rounds = scaled(scale, 200000000);
    uint64_t state = 0xcbf29ce484222325u;
    for (long i = 0; i < rounds; i++) {
        state = (state ^ ((uint64_t)i & 0xff)) * 0x100000001b3u;
    }
    return state;
}

static int ascending(const void *left, const void *right) {
    int a = *(const int *)left;
    int b = *(const int *)right;
    return (a > b) - (a < b);
}

/* The C library's qsort of two million ints. */
uint64_t sort(double scale) {
    long count = scaled(scale, 2000000);
    int *values = malloc((size_t)count * sizeof *values);
    if (values == NULL) {
        fail("qsort: malloc");
    }
    uint64_t random = 2463534242u;
    for (long i = 0; i < count; i++) {
        values[i] = (int)next_random(&random);
    }
    qsort(values, (size_t)count, sizeof *values, ascending);
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        if (i > 0 && values[i - 1] > values[i]) {
            fail("qsort: not sorted");
        }
        sum = mix(sum, (uint64_t)values[i]);
    }
    free(values);
    return sum;
}

__attribute__((noinline)) static uint64_t fibonacci(int n) {
    return n < 2 ? (uint64_t)n : fibonacci(n - 1) + fibonacci(n - 2);
}

/* The 36th Fibonacci number by the naive recursion; a scale adds repetitions. */
uint64_t fib(double scale) {
    long times = scaled(scale, 1);
    uint64_t sum = 0;
    for (long i = 0; i < times; i++) {
        sum += fibonacci(36 - (scale < 1 ? (int)(1 / scale) % 16 : 0));
    }
    return sum;
}

/* Divisions of 64, 32 and 16 bits, signed and unsigned: Euclid's algorithm and digit sums. */
uint64_t division(double scale) {
    long rounds = scaled(scale, 800000);
    uint64_t random = 362436069u;
    uint64_t sum = 0;
    for (long i = 0; i < rounds; i++) {
        uint64_t a = next_random(&random);
        uint64_t b = next_random(&random) >> (a & 31);
        while (b != 0) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
            if (a < 65536) {
                break;
            }
        }
        sum += a;
        int32_t number = (int32_t)random;
        volatile int32_t ten = 10;
        while (number != 0) {
            sum += (uint64_t)(number % ten);
            number /= ten;
        }
        volatile uint16_t narrow = (uint16_t)(random >> 40 | 1);
        sum += (uint16_t)random / narrow;
    }
    return sum;
}

struct shape {
    const struct shape_methods *methods;
    struct shape *left;
    struct shape *right;
    int64_t value;
};

struct shape_methods {
    int64_t (*evaluate)(const struct shape *self, int64_t argument);
};

static int64_t leaf_evaluate(const struct shape *self, int64_t argument) {
    return self->value ^ argument;
}

static int64_t sum_evaluate(const struct shape *self, int64_t argument) {
    return self->left->methods->evaluate(self->left, argument)
           + self->right->methods->evaluate(self->right, argument + 1);
}

static int64_t difference_evaluate(const struct shape *self, int64_t argument) {
    return self->left->methods->evaluate(self->left, argument * 3)
           - self->right->methods->evaluate(self->right, argument);
}

static int64_t choice_evaluate(const struct shape *self, int64_t argument) {
    const struct shape *next = (argument ^ self->value) & 1 ? self->left : self->right;
    return next->methods->evaluate(next, argument ^ self->value);
}

static const struct shape_methods shapes[] = {
    {leaf_evaluate}, {sum_evaluate}, {difference_evaluate}, {choice_evaluate}};

static struct shape *plant(struct shape **free_shape, int depth, uint64_t *random) {
    struct shape *shape = (*free_shape)++;
    shape->value = (int64_t)(next_random(random) & 0xffff);
    shape->methods = &shapes[depth == 0 ? 0 : 1 + next_random(random) % 3];
    if (depth > 0) {
        shape->left = plant(free_shape, depth - 1, random);
        shape->right = plant(free_shape, depth - 1, random);
    }
    return shape;
}

/* Evaluates a tree of expressions whose nodes are objects with a table of methods. */
uint64_t indirect(double scale) {
    enum { DEPTH = 12 };
    static struct shape forest[1 << (DEPTH + 1)];
    long rounds = scaled(scale, 40000);
    uint64_t random = 521288629u;
    struct shape *free_shape = forest;
    struct shape *root = plant(&free_shape, DEPTH, &random);
    int64_t sum = 0;
    for (long i = 0; i < rounds; i++) {
        sum += root->methods->evaluate(root, i + sum);
    }
    return (uint64_t)sum;
}

enum opcode { PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, MODULO, LESS, JUMP_IF_ZERO, JUMP, HALT };

/* A virtual machine of a stack and variables, with one switch for all of its instructions. */
static int64_t interpret(const int32_t *code, int64_t *variables, int64_t *stack) {
    int64_t *top = stack;
    for (const int32_t *at = code;;) {
        switch (*at++) {
        case PUSH:
            *top++ = *at++;
            break;
        case LOAD:
            *top++ = variables[*at++];
            break;
        case STORE:
            variables[*at++] = *--top;
            break;
        case ADD:
            top--;
            top[-1] += top[0];
            break;
        case SUBTRACT:
            top--;
            top[-1] -= top[0];
            break;
        case MULTIPLY:
            top--;
            top[-1] *= top[0];
            break;
        case MODULO:
            top--;
            top[-1] %= top[0];
            break;
        case LESS:
            top--;
            top[-1] = top[-1] < top[0];
            break;
        case JUMP_IF_ZERO:
            top--;
            at = *top == 0 ? code + *at : at + 1;
            break;
        case JUMP:
            at = code + *at;
            break;
        default:
            return variables[1];
        }
    }
}

/* An interpreter of bytecode: for (i = 0; i < n; i++) sum = (sum * 31 + i - sum % 7) % 1000003. */
uint64_t interpreter(double scale) {
    static const int32_t code[] = {
        LOAD, 0, LOAD, 2, LESS, JUMP_IF_ZERO, 35,            /* at 0 */
        LOAD, 1, PUSH, 31, MULTIPLY, LOAD, 0, ADD,           /* at 7 */
        LOAD, 1, PUSH, 7, MODULO, SUBTRACT,                  /* at 15 */
        PUSH, 1000003, MODULO, STORE, 1,                     /* at 21 */
        LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 0,            /* at 26 */
        HALT};                                               /* at 35 */
    int64_t variables[3] = {0, 1, scaled(scale, 4000000)};
    int64_t stack[16];
    return (uint64_t)interpret(code, variables, stack);
}

struct node {
    struct node *child[2];
    uint64_t key;
};

/* A binary search tree out of malloc: built, searched and taken down. */
uint64_t pointers(double scale) {
    long count = scaled(scale, 150000);
    uint64_t random = 88675123u;
    struct node *root = NULL;
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        struct node *node = malloc(sizeof *node);
        if (node == NULL) {
            fail("pointers: malloc");
        }
        node->child[0] = node->child[1] = NULL;
        node->key = next_random(&random);
        struct node **at = &root;
        while (*at != NULL) {
            at = &(*at)->child[node->key > (*at)->key];
        }
        *at = node;
    }
    for (long i = 0; i < 2 * count; i++) {
        uint64_t key = next_random(&random);
        for (struct node *node = root; node != NULL; node = node->child[key > node->key]) {
            sum += node->key & 1;
        }
    }
    while (root != NULL) { /* rotates left children up, so that no stack is needed */
        struct node *left = root->child[0];
        if (left != NULL) {
            root->child[0] = left->child[1];
            left->child[1] = root;
            root = left;
        } else {
            struct node *right = root->child[1];
            sum = mix(sum, root->key);
            free(root);
            root = right;
        }
    }
    return sum;
}
