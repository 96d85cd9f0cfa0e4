package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_regs;

/** The general registers of a vCPU ({@code struct kvm_regs}): a plain holder. */
public final class KvmRegs {
    /** Indices into {@link #gpr}, in the order of the registers' encoding. */
    public static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;

    /** RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15. */
    public final long[] gpr = new long[16];

    /** The address of the next instruction. */
    public long rip;

    /** RFLAGS; bit 1 is always set. */
    public long rflags = 2;

    /** Holds zeros until it is filled. */
    public KvmRegs() {}

    void read(MemorySegment regs) {
        gpr[RAX] = kvm_regs.rax(regs);
        gpr[RCX] = kvm_regs.rcx(regs);
        gpr[RDX] = kvm_regs.rdx(regs);
        gpr[RBX] = kvm_regs.rbx(regs);
        gpr[RSP] = kvm_regs.rsp(regs);
        gpr[RBP] = kvm_regs.rbp(regs);
        gpr[RSI] = kvm_regs.rsi(regs);
        gpr[RDI] = kvm_regs.rdi(regs);
        gpr[8] = kvm_regs.r8(regs);
        gpr[9] = kvm_regs.r9(regs);
        gpr[10] = kvm_regs.r10(regs);
        gpr[11] = kvm_regs.r11(regs);
        gpr[12] = kvm_regs.r12(regs);
        gpr[13] = kvm_regs.r13(regs);
        gpr[14] = kvm_regs.r14(regs);
        gpr[15] = kvm_regs.r15(regs);
        rip = kvm_regs.rip(regs);
        rflags = kvm_regs.rflags(regs);
    }

    void write(MemorySegment regs) {
        kvm_regs.rax(regs, gpr[RAX]);
        kvm_regs.rcx(regs, gpr[RCX]);
        kvm_regs.rdx(regs, gpr[RDX]);
        kvm_regs.rbx(regs, gpr[RBX]);
        kvm_regs.rsp(regs, gpr[RSP]);
        kvm_regs.rbp(regs, gpr[RBP]);
        kvm_regs.rsi(regs, gpr[RSI]);
        kvm_regs.rdi(regs, gpr[RDI]);
        kvm_regs.r8(regs, gpr[8]);
        kvm_regs.r9(regs, gpr[9]);
        kvm_regs.r10(regs, gpr[10]);
        kvm_regs.r11(regs, gpr[11]);
        kvm_regs.r12(regs, gpr[12]);
        kvm_regs.r13(regs, gpr[13]);
        kvm_regs.r14(regs, gpr[14]);
        kvm_regs.r15(regs, gpr[15]);
        kvm_regs.rip(regs, rip);
        kvm_regs.rflags(regs, rflags);
    }
}
