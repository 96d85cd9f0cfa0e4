package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jvisor.kvm.bindings.kvm_fpu;

/**
 * The x87 and SSE registers of a vCPU ({@code struct kvm_fpu}) as the FXSAVE image in its 64-bit
 * layout (SDM 1 table 10-2). State beyond SSE is in {@link KvmVcpu#xsave}.
 */
final class KvmFpu {
    /** Bytes of an FXSAVE image. */
    static final int FXSAVE_BYTES = 512;

    private static final int FCW = 0, FSW = 2, FTW = 4, FOP = 6, FIP = 8, FDP = 16, MXCSR = 24;
    private static final int MXCSR_MASK = 28, ST = 32, XMM = 160;
    private static final int ST_BYTES = 8 * 16, XMM_BYTES = 16 * 16;
    // Every bit of MXCSR but the reserved upper half, as CPUs with DAZ report it.
    private static final int ALL_OF_MXCSR = 0xffff;

    private KvmFpu() {}

    static byte[] toFxsave(MemorySegment fpu) {
        byte[] image = new byte[FXSAVE_BYTES];
        ByteBuffer out = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort(FCW, kvm_fpu.fcw(fpu));
        out.putShort(FSW, kvm_fpu.fsw(fpu));
        out.put(FTW, kvm_fpu.ftwx(fpu));
        out.putShort(FOP, kvm_fpu.last_opcode(fpu));
        out.putLong(FIP, kvm_fpu.last_ip(fpu));
        out.putLong(FDP, kvm_fpu.last_dp(fpu));
        out.putInt(MXCSR, kvm_fpu.mxcsr(fpu));
        out.putInt(MXCSR_MASK, ALL_OF_MXCSR);
        MemorySegment.copy(kvm_fpu.fpr(fpu), ValueLayout.JAVA_BYTE, 0, image, ST, ST_BYTES);
        MemorySegment.copy(kvm_fpu.xmm(fpu), ValueLayout.JAVA_BYTE, 0, image, XMM, XMM_BYTES);
        return image;
    }

    static void fromFxsave(byte[] image, MemorySegment fpu) {
        if (image.length != FXSAVE_BYTES) {
            throw new IllegalArgumentException(
                    "an FXSAVE image has 512 bytes, not " + image.length);
        }
        ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        kvm_fpu.fcw(fpu, in.getShort(FCW));
        kvm_fpu.fsw(fpu, in.getShort(FSW));
        kvm_fpu.ftwx(fpu, in.get(FTW));
        kvm_fpu.last_opcode(fpu, in.getShort(FOP));
        kvm_fpu.last_ip(fpu, in.getLong(FIP));
        kvm_fpu.last_dp(fpu, in.getLong(FDP));
        kvm_fpu.mxcsr(fpu, in.getInt(MXCSR));
        MemorySegment.copy(image, ST, kvm_fpu.fpr(fpu), ValueLayout.JAVA_BYTE, 0, ST_BYTES);
        MemorySegment.copy(image, XMM, kvm_fpu.xmm(fpu), ValueLayout.JAVA_BYTE, 0, XMM_BYTES);
    }
}
