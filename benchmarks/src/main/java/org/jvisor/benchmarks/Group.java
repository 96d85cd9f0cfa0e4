package org.jvisor.benchmarks;

/** What programs have in common, and how they shall compare. */
enum Group {
    /** Integer work in user mode. */
    INTEGER("integer", 0),
    /** SSE2 doubles. */
    DOUBLE("double", 0.3),
    /** The x87. */
    X87("x87", 0),
    /** Processes, memory, pipes and system calls. */
    KERNEL("kernel", 0.7),
    /** First runs of a distribution's programs. */
    USERLAND("userland", 1.2);

    private final String title;
    private final double target;

    Group(String title, double target) {
        this.title = title;
        this.target = target;
    }

    /** Its name in the tables. */
    String title() {
        return title;
    }

    /** Whether the target is for the first pass. */
    boolean cold() {
        return this == USERLAND;
    }

    /** The ratio ours / TCG that its geometric mean shall not exceed; 0 where none is set. */
    double target() {
        return target;
    }
}
