/**
 * The JMH benchmarks: exits on KVM and on the software accelerator, native calls, guest memory, the
 * bus, the queues and the devices' request paths. JMH runs them from the class path, in forks with
 * the flags of {@code jvisor run}; the commands of the package above start it and read its results.
 */
@NullMarked
package org.jvisor.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
