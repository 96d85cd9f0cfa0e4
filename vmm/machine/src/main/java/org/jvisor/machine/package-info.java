/**
 * One virtual machine: {@link org.jvisor.machine.Machine} composes guest memory, an accelerator,
 * the PC board's devices and a boot protocol from a {@link org.jvisor.machine.MachineConfig}, and
 * owns the threads that run the vCPUs. It is a library: any number of machines per JVM, no daemon,
 * no {@code System.exit}; how a machine ended is told by a {@link org.jvisor.machine.MachineExit}.
 *
 * <pre>{@code
 * try (Machine vm = Machine.builder().kernel(kernel).initrd(initrd)
 *         .commandLine("console=ttyS0").serial(0, port).build()) {
 *     vm.start();
 *     MachineExit exit = vm.await();
 * }
 * }</pre>
 */
@NullMarked
package org.jvisor.machine;

import org.jspecify.annotations.NullMarked;
