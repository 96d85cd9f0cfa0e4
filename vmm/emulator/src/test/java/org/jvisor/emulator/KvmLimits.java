package org.jvisor.emulator;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Where KVM is no oracle. On any host some instructions show the host. A KVM without VT, moreover,
 * runs user mode natively but answers some of its faults by interpreting the instruction, in which
 * it errs: each case below was checked against the bare processor, which does as the software CPU
 * does.
 */
final class KvmLimits {
    /** Whether user mode's faults go through an interpreter: no VT. */
    private final boolean interprets = Files.exists(Path.of("/sys/module/kvm_pvm"));

    /** Interrupted by its host, so descriptor tables and the like are interpreted. */
    private static final Set<String> INTERPRETED = Set.of("SGDT", "SIDT", "SLDT", "SMSW", "STR");

    /** Taken to be undefined, or natively executed by the rights of the host. */
    private static final Set<String> LEFT_OUT =
            Set.of(
                    "SYSCALL",
                    "SYSENTER",
                    "SYSEXIT",
                    "INT",
                    "RDFSBASE",
                    "RDGSBASE",
                    "WRFSBASE",
                    "WRGSBASE",
                    "LAR",
                    "LSL",
                    "VERR",
                    "VERW");

    /** The last canonical address of the lower half. */
    private static final long CANONICAL_END = 0x0000_7fff_ffff_ffffL;

    /** Whether a row cannot be compared at all here. */
    boolean leavesOut(Form form) {
        return interprets && LEFT_OUT.contains(form.mnemonic);
    }

    /** Whether KVM's outcome of a case, or the software CPU's differing one, says nothing. */
    boolean excuses(TestCase test, UserOutcome kvm, UserOutcome software) {
        return architectural(test, kvm, software) || interprets && interpreted(test, kvm, software);
    }

    /** What the architecture leaves to the processor: which of several faults comes first. */
    private static boolean architectural(TestCase test, UserOutcome kvm, UserOutcome software) {
        boolean pageFault = kvm.vector == Cpu.PAGE_FAULT;
        int size = test.encoding.memSize();
        if (software.vector == Cpu.ALIGN && size > 8) {
            return kvm.vector != Cpu.ALIGN; // "may or may not be enabled" (SDM 2B, MOVUPS)
        }
        if (software.vector == Cpu.GP && kvm.vector == Cpu.SS_FAULT && size == 16) {
            return true; // neither aligned nor canonical
        }
        boolean general = software.vector == Cpu.GP || software.vector == Cpu.SS_FAULT;
        if (general && pageFault && (kvm.cr2 | 0xf) == CANONICAL_END) {
            return true; // half of it not canonical, the other half not present
        }
        return switch (test.encoding.form().mnemonic) {
            // the order in which the parts of a frame or an image are touched
            case "IRET", "RETF" -> pageFault && software.vector == Cpu.PAGE_FAULT;
            case "FXSAVE", "FXRSTOR", "FNSAVE", "FRSTOR", "FNSTENV", "FLDENV" -> pageFault;
            // which of two operands is touched first
            case "CMPS" -> general && pageFault;
            // "exceptions may occur for bytes whose mask is zero" (SDM 2B, MASKMOVDQU)
            case "MASKMOVQ", "MASKMOVDQU" ->
                    kvm.vector != software.vector || pageFault && kvm.cr2 != software.cr2;
            default -> false;
        };
    }

    private static boolean interpreted(TestCase test, UserOutcome kvm, UserOutcome software) {
        Form form = test.encoding.form();
        boolean softwareGp = software.vector == Cpu.GP;
        boolean general = softwareGp || software.vector == Cpu.SS_FAULT;
        if (kvm.vector == Cpu.UD && kvm.user.rip == test.encoding.address()) {
            // a #GP or #SS of an instruction that the interpreter does not know, or such an
            // instruction interrupted while it cannot be resumed natively
            boolean straddles = (software.cr2 | 0xf) == CANONICAL_END;
            if (general || straddles || !CodeSegment.isCanonical(test.in.gpr[Cpu.RSP])) {
                return true;
            }
        }
        if (INTERPRETED.contains(form.mnemonic)) {
            return true; // it checks no alignment and stores more than it should
        }
        return switch (form.mnemonic) {
            // registers that do not exist: #UD comes first
            case "MOV" ->
                    usesControl(form) && kvm.vector == Cpu.GP && software.vector == Cpu.UD
                            // selectors and their table are the host's
                            || form.operands.stream().anyMatch(NativeForms::isSegment);
            // it leaves other tags behind
            case "MOVQ", "MOVD", "MOVNTQ" -> general;
            // its FXSAVE checks no alignment
            case "FXSAVE", "FXRSTOR" -> softwareGp;
            // selectors go to the host's descriptor table
            case "LFS", "LGS", "LSS", "POP", "PUSH" ->
                    form.operands.stream().anyMatch(o -> NativeForms.isSegment(o))
                            || form.mnemonic.startsWith("L");
            case "CALLF", "JMPF", "RETF", "IRET" -> true;
            default -> false;
        };
    }

    private static boolean usesControl(Form form) {
        return form.operands.stream()
                .anyMatch(o -> o.kind() == Operand.Kind.C || o.kind() == Operand.Kind.D);
    }
}
