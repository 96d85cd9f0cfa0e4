/**
 * The software accelerator: an x86-64 CPU (x86-64-v2) in Java.
 *
 * <p>{@link org.jvisor.emulator.SoftwareAccelerator} is its public face. Inside, one instruction
 * table ({@code InsnTable}, made of {@code Form} rows) drives the {@code Decoder}, which makes
 * {@code Insn} objects that know how to execute themselves on a {@code Cpu}. They are kept as
 * straight-line {@code Block}s in {@code CodePage}s keyed by guest-physical page and code size, and
 * run by the {@code Interpreter}. Memory goes through {@code Mmu}, a software TLB; arithmetic flags
 * are lazy ({@code Flags}); exceptions of the guest are {@code GuestFault}s thrown to the main loop
 * and delivered by {@code Exceptions}.
 *
 * <p>Blocks that get hot are translated: {@code RegionService} has {@code RegionCompiler} write a
 * {@code Region}, one method of a hidden class, from a {@code RegionPlan}, on a thread of its own,
 * and uses it once HotSpot has compiled it. Memory that the TLB does not have, it leaves to the
 * interpreter; a region that does so often is made anew with calls. {@code Emitters} lists what has
 * bytecode; the rest is interpreted in place. The interpreter stays the reference: {@code Lockstep}
 * compares the two.
 *
 * <p>The CPUs of a machine run in turn on one thread, or each on a thread of its own. Memory is
 * shared as x86 has it: {@code Ordered} keeps plain accesses in order, {@code Atomics} does what
 * LOCK asks for, and {@code Rendezvous} guards decoded code and stops other CPUs for what neither
 * Java nor the host can do in one step.
 */
@NullMarked
package org.jvisor.emulator;

import org.jspecify.annotations.NullMarked;
