/**
 * The fuzzers: Jazzer feeds each of them with bytes that take it to code it has not been to. They
 * run briefly with the tests, and for as long as one likes with {@code -Dfuzz=10m}.
 */
@NullMarked
package org.jvisor.virtio.fuzz;

import org.jspecify.annotations.NullMarked;
