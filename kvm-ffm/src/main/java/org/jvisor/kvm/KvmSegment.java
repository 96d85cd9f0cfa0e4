package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.kvm.bindings.kvm_segment;

/**
 * A segment register with its hidden part (SDM 3A §3.4.3).
 *
 * @param selector the visible 16 bits
 * @param base linear address
 * @param limit in bytes, already scaled by the granularity
 * @param access the access rights as in the second dword of the descriptor shifted right by 8: type
 *     (bits 0-3), S (4), DPL (5-6), P (7), AVL (12), L (13), D/B (14), G (15); bit 16 set means
 *     unusable
 */
public record KvmSegment(int selector, long base, int limit, int access) {
    /** Bit 16 of {@link #access}: the register holds no segment. */
    public static final int UNUSABLE = 1 << 16;

    /** A flat 32-bit code segment of ring 0. */
    public static KvmSegment flatCode32(int selector) {
        return new KvmSegment(selector, 0, 0xffff_ffff, 0xc09b);
    }

    /** A 64-bit code segment of ring 0. */
    public static KvmSegment code64(int selector) {
        return new KvmSegment(selector, 0, 0xffff_ffff, 0xa09b);
    }

    /** A flat 32-bit data segment of ring 0. */
    public static KvmSegment flatData(int selector) {
        return new KvmSegment(selector, 0, 0xffff_ffff, 0xc093);
    }

    static KvmSegment read(MemorySegment segment) {
        int access =
                kvm_segment.type(segment) & 15
                        | (kvm_segment.s(segment) & 1) << 4
                        | (kvm_segment.dpl(segment) & 3) << 5
                        | (kvm_segment.present(segment) & 1) << 7
                        | (kvm_segment.avl(segment) & 1) << 12
                        | (kvm_segment.l(segment) & 1) << 13
                        | (kvm_segment.db(segment) & 1) << 14
                        | (kvm_segment.g(segment) & 1) << 15
                        | (kvm_segment.unusable(segment) & 1) << 16;
        return new KvmSegment(
                Short.toUnsignedInt(kvm_segment.selector(segment)),
                kvm_segment.base(segment),
                kvm_segment.limit(segment),
                access);
    }

    void write(MemorySegment segment) {
        kvm_segment.selector(segment, (short) selector);
        kvm_segment.base(segment, base);
        kvm_segment.limit(segment, limit);
        kvm_segment.type(segment, (byte) (access & 15));
        kvm_segment.s(segment, bit(4));
        kvm_segment.dpl(segment, (byte) (access >> 5 & 3));
        kvm_segment.present(segment, bit(7));
        kvm_segment.avl(segment, bit(12));
        kvm_segment.l(segment, bit(13));
        kvm_segment.db(segment, bit(14));
        kvm_segment.g(segment, bit(15));
        kvm_segment.unusable(segment, bit(16));
    }

    private byte bit(int number) {
        return (byte) (access >> number & 1);
    }
}
