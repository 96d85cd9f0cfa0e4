/**
 * End-to-end tests: the built launcher is started as a user starts it, and real kernels boot in it.
 */
@NullMarked
package org.jvisor.tests;

import org.jspecify.annotations.NullMarked;
