package org.jvisor.emulator;

import static org.jvisor.emulator.Cpu.ES;
import static org.jvisor.emulator.Cpu.FS;
import static org.jvisor.emulator.Cpu.GS;
import static org.jvisor.emulator.Cpu.RAX;
import static org.jvisor.emulator.Cpu.RCX;
import static org.jvisor.emulator.Cpu.RDI;
import static org.jvisor.emulator.Cpu.RSI;
import static org.jvisor.emulator.PhysMemory.ALL;

import java.lang.foreign.MemorySegment;

/**
 * MOVS, STOS, LODS, CMPS, SCAS. Registers are committed after each element or run of elements, so a
 * fault or an interrupt finds them as the SDM says; a long repetition leaves the block from time to
 * time with RIP still at the instruction. MOVS and STOS go forward in bulk within pages.
 */
abstract class Strings extends Insn {
    /** Elements (or bulk runs) executed before pending events are looked at again. */
    private static final int PATIENCE = 1024, RUNS = 16;

    /** Element size in bytes. */
    final int size;

    Strings(Decoded d) {
        super(d);
        size = d.size(0);
    }

    /** One element; commits rSI and rDI. False ends the repetition (CMPS, SCAS). */
    abstract boolean element(Cpu c);

    /**
     * As many of {@code count} elements as can be done at once.
     *
     * @return how many were, 0 if {@link #element} must do the next
     */
    long bulk(Cpu c, long count) {
        return 0;
    }

    @Override
    final void exec(Cpu c) {
        if (rep == 0) {
            element(c);
            return;
        }
        if (mode == Cpu.MODE64 && addrSize == 4) {
            truncatePointers(c);
        }
        long count = Alu.truncate(c.r[RCX], addrSize);
        if (count == 0) {
            return;
        }
        long res = c.fRes;
        long carry = c.fCarry;
        try {
            if (repeat(c, count)) {
                return;
            }
        } catch (GuestFault fault) {
            c.fRes = res;
            c.fCarry = carry;
            throw fault;
        }
        // not done yet: flags change with the last repetition only (SDM 2B, REP)
        c.fRes = res;
        c.fCarry = carry;
        c.rip = thisRip(c);
    }

    /** Repeats for a while; tells whether it is done. */
    private boolean repeat(Cpu c, long count) {
        boolean forward = (c.rflags & Cpu.DF) == 0;
        int runs = 0;
        for (int i = 0; i < PATIENCE && runs < RUNS; i++) {
            long done = forward && !c.slow ? bulk(c, count) : 0;
            boolean more = true;
            if (done == 0) {
                more = element(c);
                done = 1;
            } else {
                runs++;
            }
            count -= done;
            c.setReg(RCX, addrSize, count);
            if (count == 0 || !more) {
                return true;
            }
            if (c.slow) {
                break;
            }
        }
        return false;
    }

    /**
     * With 32-bit addresses in 64-bit mode Intel's CPUs clear the upper halves of RCX, and of the
     * pointers that MOVS and STOS use, before the first repetition: it shows where that faults or
     * there is none. The SDM does not say so.
     */
    private void truncatePointers(Cpu c) {
        c.r[RCX] &= 0xffff_ffffL;
        if (this instanceof Move) {
            c.r[RSI] &= 0xffff_ffffL;
        }
        if (this instanceof Move || this instanceof Store) {
            c.r[RDI] &= 0xffff_ffffL;
        }
    }

    /** The linear address of an offset in a segment, checked for an access outside 64-bit mode. */
    static long linear(Insn insn, Cpu c, int seg, long offset, int size, boolean write) {
        if (insn.mode == Cpu.MODE64) {
            return seg == FS || seg == GS ? offset + c.segBase[seg] : offset;
        }
        return Segments.linear(c, seg, offset, size, write);
    }

    final long source(Cpu c) {
        return linear(this, c, seg, Alu.truncate(c.r[RSI], addrSize), size, false);
    }

    final long destination(Cpu c, boolean write) {
        return linear(this, c, ES, Alu.truncate(c.r[RDI], addrSize), size, write);
    }

    final void advance(Cpu c, int register, long elements) {
        long delta = (c.rflags & Cpu.DF) == 0 ? elements * size : -elements * size;
        c.setReg(register, addrSize, c.r[register] + delta);
    }

    /** How many of {@code count} elements at {@code linear} lie in its page. */
    final long inPage(long linear, long count) {
        return Math.min(count, (0x1000 - (linear & 0xfff)) / size);
    }

    /** Cuts {@code count} so that no offset wraps or passes its segment's limit. */
    final long inSegment(Cpu c, int segment, int register, long count, boolean write) {
        if (mode == Cpu.MODE64 && addrSize == 8) {
            return count;
        }
        long offset = Alu.truncate(c.r[register], addrSize);
        long last = addrSize == 2 ? 0xffff : 0xffff_ffffL;
        if (mode != Cpu.MODE64) {
            last = Math.min(last, write ? c.segWriteEnd[segment] : c.segReadEnd[segment]);
        }
        return Math.max(0, Math.min(count, (last + 1 - offset) / size));
    }

    static final class Move extends Strings {
        Move(Decoded d) {
            super(d);
        }

        @Override
        boolean element(Cpu c) {
            long from = source(c);
            long to = destination(c, true);
            c.mem.write(to, size, c.mem.read(from, size));
            advance(c, RSI, 1);
            advance(c, RDI, 1);
            return true;
        }

        @Override
        long bulk(Cpu c, long count) {
            count = inSegment(c, seg, RSI, count, false);
            count = inSegment(c, ES, RDI, count, true);
            if (count < 4) {
                return 0;
            }
            long from = source(c);
            long to = destination(c, true);
            count = inPage(to, inPage(from, count));
            if (count < 4) {
                return 0;
            }
            long hostFrom = c.mem.hostForRead(from);
            long hostTo = hostFrom == 0 ? 0 : c.mem.hostForWrite(to);
            if (hostTo == 0) {
                return 0;
            }
            long bytes = count * size;
            if (hostTo > hostFrom && hostTo < hostFrom + bytes) {
                for (long i = 0; i < bytes; i += size) { // what was written is read again
                    MmuSlow.hostWrite(hostTo + i, size, MmuSlow.hostRead(hostFrom + i, size));
                }
            } else {
                MemorySegment.copy(ALL, hostFrom, ALL, hostTo, bytes);
            }
            advance(c, RSI, count);
            advance(c, RDI, count);
            return count;
        }
    }

    static final class Store extends Strings {
        Store(Decoded d) {
            super(d);
        }

        @Override
        boolean element(Cpu c) {
            c.mem.write(destination(c, true), size, c.r[RAX]);
            advance(c, RDI, 1);
            return true;
        }

        @Override
        long bulk(Cpu c, long count) {
            count = inSegment(c, ES, RDI, count, true);
            if (count < 4) {
                return 0;
            }
            long to = destination(c, true);
            count = inPage(to, count);
            long host = count < 4 ? 0 : c.mem.hostForWrite(to);
            if (host == 0) {
                return 0;
            }
            long bytes = count * size;
            long value = c.r[RAX];
            if (Alu.truncate(value, size) == 0 || size == 1) {
                ALL.asSlice(host, bytes).fill((byte) value);
            } else {
                for (long i = 0; i < bytes; i += size) {
                    MmuSlow.hostWrite(host + i, size, value);
                }
            }
            advance(c, RDI, count);
            return count;
        }
    }

    static final class Load extends Strings {
        Load(Decoded d) {
            super(d);
        }

        @Override
        boolean element(Cpu c) {
            c.setReg(RAX, size, c.mem.read(source(c), size));
            advance(c, RSI, 1);
            return true;
        }
    }

    static final class Compare extends Strings {
        Compare(Decoded d) {
            super(d);
        }

        @Override
        boolean element(Cpu c) {
            long b = c.mem.read(destination(c, false), size);
            long a = c.mem.read(source(c), size);
            advance(c, RSI, 1);
            advance(c, RDI, 1);
            Alu.sub(c, a, b, 0, size);
            return (a == b) == (rep == 3);
        }
    }

    static final class Scan extends Strings {
        Scan(Decoded d) {
            super(d);
        }

        @Override
        boolean element(Cpu c) {
            long b = c.mem.read(destination(c, false), size);
            advance(c, RDI, 1);
            long a = c.reg(RAX, size);
            Alu.sub(c, a, b, 0, size);
            return (a == b) == (rep == 3);
        }
    }
}
