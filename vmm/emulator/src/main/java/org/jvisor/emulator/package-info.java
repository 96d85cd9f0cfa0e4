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
 * <p>Blocks that get hot are translated: {@code RegionService} chooses those that belong together
 * ({@code RegionPlan}) and has a {@code Region} made of them on a thread of its own. The
 * interpreter stays the reference: {@code Lockstep} compares the two.
 *
 * <p>On x86-64 a region is machine code ({@code HostCompiler}, {@code HostRegion}). The host is of
 * the guest's architecture, so that most instructions are the guest's own: their registers are
 * exchanged for those in which {@code HostEmitter} keeps the guest's, and their memory operands
 * have gone through the TLB. What has no host code, and what the TLB does not have, Java executes
 * in its place as the interpreter would, and the region goes on behind it. Regions go on to each
 * other through {@code HostLinks}, without Java, for as long as the translations that led there
 * hold. The code is in {@code HostCode}, which is emptied as a whole when it is full.
 *
 * <p>Elsewhere, or where the host forbids executable memory ({@code HostSupport}), a region is one
 * method of a hidden class ({@code RegionCompiler}), used once HotSpot has compiled it. Memory that
 * the TLB does not have, it leaves to the interpreter; a region that does so often is made anew
 * with calls. {@code Emitters} lists what has bytecode; the rest is interpreted in place. The JVM
 * needs the flags of the launcher's {@code bytecode.options} for it; without them it interprets.
 *
 * <p>The CPUs of a machine run in turn on one thread, or each on a thread of its own. Memory is
 * shared as x86 has it: {@code Ordered} keeps plain accesses in order, {@code Atomics} does what
 * LOCK asks for, and {@code Rendezvous} guards decoded code and stops other CPUs for what neither
 * Java nor the host can do in one step.
 */
@NullMarked
package org.jvisor.emulator;

import org.jspecify.annotations.NullMarked;
