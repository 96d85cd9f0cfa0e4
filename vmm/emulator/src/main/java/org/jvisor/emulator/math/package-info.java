/**
 * Arithmetic of the software CPU that needs nothing of the CPU: software floating point for x87
 * ({@link org.jvisor.emulator.math.X87Float}, {@link org.jvisor.emulator.math.X87Functions}) and
 * for SSE ({@link org.jvisor.emulator.math.SseFloat}) over one core ({@link
 * org.jvisor.emulator.math.FloatCore}), and integer lanes packed in longs ({@link
 * org.jvisor.emulator.math.Lanes}, {@link org.jvisor.emulator.math.WideLanes}). Results that do not
 * fit a long are left in fields of the object that computed them, so nothing here allocates.
 */
@NullMarked
package org.jvisor.emulator.math;

import org.jspecify.annotations.NullMarked;
