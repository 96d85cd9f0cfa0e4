/**
 * The devices of the PC board, each written against the contracts of {@code org.jvisor.vmm.api}
 * alone: it gets its interrupt lines, the machine's clock and its callbacks when it is made, is
 * mapped by {@code attach}, guards itself with its own monitor, and saves its state as a version
 * byte followed by its registers. Times are saved relative to the clock, so that a state can be
 * restored under a clock that counts from elsewhere.
 *
 * <p>Locks are taken in one direction only: device, then the interrupt controllers (which share the
 * monitor of {@link org.jvisor.machine.device.InterruptFabric}), then whatever the CPU's signals
 * and the clock's timers need. Nothing calls back against that direction; timer actions and back
 * ends start with no lock held.
 *
 * <p>Whatever a guest writes, with any width and at any offset, is answered as hardware would; no
 * access throws, blocks or allocates.
 */
@NullMarked
package org.jvisor.machine.device;

import org.jspecify.annotations.NullMarked;
