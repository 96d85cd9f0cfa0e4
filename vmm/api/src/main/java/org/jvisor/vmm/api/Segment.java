package org.jvisor.vmm.api;

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
public record Segment(int selector, long base, int limit, int access) {
    /** Bit 16 of {@link #access}: the register holds no segment. */
    public static final int UNUSABLE = 1 << 16;

    /** The segment a real-mode load of {@code selector} gives. */
    public static Segment realMode(int selector, boolean code) {
        return new Segment(selector, (long) selector << 4, 0xffff, code ? 0x9b : 0x93);
    }
}
