/* Floating point: SSE2 doubles, and the x87 behind long double. */
#include <math.h>
#include <string.h>

#include "bench.h"

static uint64_t bits(double value) {
    uint64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

enum { BODIES = 5 };

struct body {
    double position[3];
    double velocity[3];
    double mass;
};

/* A sun and four planets under gravity, in units of AU, days and solar masses times 4 pi^2. */
static void start(struct body *bodies) {
    memset(bodies, 0, BODIES * sizeof *bodies);
    bodies[0].mass = 4 * M_PI * M_PI;
    for (int i = 1; i < BODIES; i++) {
        double radius = 1.5 * i * i;
        double angle = 0.7 * i;
        double speed = 2 * M_PI / sqrt(radius);
        bodies[i].mass = bodies[0].mass * 0.0003 * i;
        bodies[i].position[0] = radius * cos(angle);
        bodies[i].position[1] = radius * sin(angle);
        bodies[i].position[2] = 0.05 * i;
        bodies[i].velocity[0] = -speed * sin(angle);
        bodies[i].velocity[1] = speed * cos(angle);
    }
}

static void advance(struct body *bodies, double step) {
    for (int i = 0; i < BODIES; i++) {
        for (int j = i + 1; j < BODIES; j++) {
            double x = bodies[i].position[0] - bodies[j].position[0];
            double y = bodies[i].position[1] - bodies[j].position[1];
            double z = bodies[i].position[2] - bodies[j].position[2];
            double square = x * x + y * y + z * z;
            double pull = step / (square * sqrt(square));
            bodies[i].velocity[0] -= x * bodies[j].mass * pull;
            bodies[i].velocity[1] -= y * bodies[j].mass * pull;
            bodies[i].velocity[2] -= z * bodies[j].mass * pull;
            bodies[j].velocity[0] += x * bodies[i].mass * pull;
            bodies[j].velocity[1] += y * bodies[i].mass * pull;
            bodies[j].velocity[2] += z * bodies[i].mass * pull;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].position[k] += step * bodies[i].velocity[k];
        }
    }
}

/* 400,000 steps of an n-body simulation. */
uint64_t nbody(double scale) {
    long steps = scaled(scale, 400000);
    struct body bodies[BODIES];
    start(bodies);
    for (long i = 0; i < steps; i++) {
        advance(bodies, 0.001);
    }
    uint64_t sum = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            sum = mix(sum, bits(bodies[i].position[k]));
        }
    }
    return sum;
}

/* The product of two 384x384 matrices of doubles; a scale adds repetitions, or takes rows away. */
uint64_t matrix(double scale) {
    enum { SIDE = 384 };
    static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
    long rows = scaled(scale, SIDE);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            a[i][j] = 1.0 / (i + j + 1);
            b[i][j] = (double)((i * 7 + j * 3) % 17) - 8;
        }
    }
    for (long row = 0; row < rows; row++) {
        long i = row % SIDE;
        for (int j = 0; j < SIDE; j++) {
            double sum = 0;
            for (int k = 0; k < SIDE; k++) {
                sum += a[i][k] * b[k][j];
            }
            c[i][j] = sum;
        }
    }
    uint64_t sum = 0;
    for (int i = 0; i < SIDE; i++) {
        sum = mix(sum, bits(c[i][(i * 5) % SIDE]));
    }
    return sum;
}

/* 80-bit arithmetic: a polynomial, a division and a square root in each round. */
uint64_t x87(double scale) {
    long rounds = scaled(scale, 1500000);
    long double x = 0.5L;
    long double sum = 0;
    for (long i = 1; i <= rounds; i++) {
        x = 3.75L * x * (1 - x) + 1e-9L;
        sum += ((0.125L * x + 0.5L) * x - 1.5L) * x / (long double)i + sqrtl(x);
    }
    uint64_t significand;
    memcpy(&significand, &sum, sizeof significand);
    return significand;
}
