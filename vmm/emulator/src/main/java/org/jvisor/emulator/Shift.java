package org.jvisor.emulator;

/** ROL, ROR, RCL, RCR, SHL, SHR, SAR (group 2), SHLD and SHRD. */
final class Shift {
    private Shift() {}

    /** Group 2 with any count: the extension is the operation. */
    static Insn make(Decoded d) {
        int operation = d.theForm().ext;
        int size = d.size(0);
        Operand count = d.theForm().operands.get(1);
        if (count.kind() == Operand.Kind.FIXED) {
            boolean one = count.text().equals("1");
            if (one) {
                d.imm = 1;
            } else {
                return new Generic(d, operation, size, true);
            }
        }
        int amount = (int) d.imm & (size == 8 ? 63 : 31);
        if (!d.memory && size >= 4 && amount > 0) {
            d.imm = amount;
            switch (operation) {
                case 4, 6 -> {
                    return size == 8 ? new Left64(d) : new Left32(d);
                }
                case 5 -> {
                    return size == 8 ? new Right64(d) : new Right32(d);
                }
                case 7 -> {
                    return size == 8 ? new Arithmetic64(d) : new Arithmetic32(d);
                }
                case 0, 1 -> {
                    if (amount < 8 * size) {
                        boolean right = operation == 1;
                        return size == 8 ? new Rotate64(d, right) : new Rotate32(d, right);
                    }
                }
                default -> {}
            }
        }
        return new Generic(d, operation, size, false);
    }

    private static final class Left32 extends Insn {
        Left32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            int a = (int) c.r[rm];
            int result = a << n;
            flags(c, result, (a << n - 1) < 0, (a << n - 1 ^ result) < 0);
            c.r[rm] = result & 0xffff_ffffL;
        }
    }

    private static final class Left64 extends Insn {
        Left64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            long a = c.r[rm];
            long result = a << n;
            flags(c, result, (a << n - 1) < 0, (a << n - 1 ^ result) < 0);
            c.r[rm] = result;
        }
    }

    private static final class Right32 extends Insn {
        Right32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            int a = (int) c.r[rm];
            int result = a >>> n;
            flags(c, result, (a >>> n - 1 & 1) != 0, (result << 1 ^ result) < 0);
            c.r[rm] = result & 0xffff_ffffL;
        }
    }

    private static final class Right64 extends Insn {
        Right64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            long a = c.r[rm];
            long result = a >>> n;
            flags(c, result, (a >>> n - 1 & 1) != 0, (result << 1 ^ result) < 0);
            c.r[rm] = result;
        }
    }

    private static final class Arithmetic32 extends Insn {
        Arithmetic32(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            int a = (int) c.r[rm];
            int result = a >> n;
            flags(c, result, (a >> n - 1 & 1) != 0, false);
            c.r[rm] = result & 0xffff_ffffL;
        }
    }

    private static final class Arithmetic64 extends Insn {
        Arithmetic64(Decoded d) {
            super(d);
        }

        @Override
        void exec(Cpu c) {
            int n = (int) imm;
            long a = c.r[rm];
            long result = a >> n;
            flags(c, result, (a >> n - 1 & 1) != 0, false);
            c.r[rm] = result;
        }
    }

    /** ROL, or ROR as the ROL it equals; their flags differ. */
    private static final class Rotate32 extends Insn {
        private final boolean right;
        private final int left;

        Rotate32(Decoded d, boolean right) {
            super(d);
            this.right = right;
            left = right ? 32 - (int) imm : (int) imm;
        }

        @Override
        void exec(Cpu c) {
            int r = Integer.rotateLeft((int) c.r[rm], left);
            rotated(c, (long) (right ? r : Integer.rotateRight(r, 1)) << 32);
            c.r[rm] = r & 0xffff_ffffL;
        }
    }

    private static final class Rotate64 extends Insn {
        private final boolean right;
        private final int left;

        Rotate64(Decoded d, boolean right) {
            super(d);
            this.right = right;
            left = right ? 64 - (int) imm : (int) imm;
        }

        @Override
        void exec(Cpu c) {
            long r = Long.rotateLeft(c.r[rm], left);
            rotated(c, right ? r : Long.rotateRight(r, 1));
            c.r[rm] = r;
        }
    }

    /**
     * Sets CF and OF. After ROR CF is the result's highest bit, and differs from OF by the next;
     * after ROL CF is the lowest bit, and differs from OF by the highest: the same, one bit
     * further.
     */
    private static void rotated(Cpu c, long top) {
        long two = 3L << 62;
        c.fCarry = c.fCarry & ~two | top & two;
    }

    /** All six, AF clear. */
    private static void flags(Cpu c, long result, boolean cf, boolean of) {
        c.fRes = result;
        c.fCarry = (cf ? 1L << 63 : 0) | (cf ^ of ? 1L << 62 : 0);
    }

    private static final class Generic extends Insn {
        private final int operation;
        private final int size;
        private final boolean byCl;

        Generic(Decoded d, int operation, int size, boolean byCl) {
            super(d);
            this.operation = operation;
            this.size = size;
            this.byCl = byCl;
        }

        @Override
        void exec(Cpu c) {
            int n = (int) (byCl ? c.r[Cpu.RCX] : imm) & (size == 8 ? 63 : 31);
            if (mod == 3) {
                c.setReg(rm, size, shift(c, operation, c.reg(rm, size), n, size));
            } else {
                long at = ea(c);
                long a = c.mem.readRmw(at, size);
                c.mem.write(at, size, shift(c, operation, a, n, size));
            }
        }
    }

    /**
     * One operation of group 2.
     *
     * @param a zero-extended
     * @param n the count, already masked to 5 or 6 bits; 0 leaves the flags alone
     */
    static long shift(Cpu c, int operation, long a, int n, int size) {
        if (n == 0) {
            return a;
        }
        int bits = 8 * size;
        return switch (operation) {
            case 0 -> rotateLeft(c, a, n, bits);
            case 1 -> rotateRight(c, a, n, bits);
            case 2 -> rotateCarryLeft(c, a, n, bits);
            case 3 -> rotateCarryRight(c, a, n, bits);
            case 5 -> right(c, a, n, bits);
            case 7 -> arithmetic(c, a, n, bits);
            default -> left(c, a, n, bits);
        };
    }

    private static boolean bit(long a, int n) {
        return (a >>> n & 1) != 0;
    }

    private static long rotateLeft(Cpu c, long a, int n, int bits) {
        n &= bits - 1;
        long r = n == 0 ? a : a << n | a >>> bits - n;
        boolean cf = bit(r, 0);
        Flags.setCarryOverflow(c, cf, cf ^ bit(r, bits - 1));
        return r;
    }

    private static long rotateRight(Cpu c, long a, int n, int bits) {
        n &= bits - 1;
        long r = n == 0 ? a : a >>> n | a << bits - n;
        Flags.setCarryOverflow(c, bit(r, bits - 1), bit(r, bits - 1) ^ bit(r, bits - 2));
        return r;
    }

    private static long rotateCarryLeft(Cpu c, long a, int n, int bits) {
        n %= bits + 1;
        boolean cf = Flags.cf(c);
        for (int i = 0; i < n; i++) {
            boolean out = bit(a, bits - 1);
            a = a << 1 | (cf ? 1 : 0);
            cf = out;
        }
        Flags.setCarryOverflow(c, cf, cf ^ bit(a, bits - 1));
        return a;
    }

    private static long rotateCarryRight(Cpu c, long a, int n, int bits) {
        n %= bits + 1;
        boolean cf = Flags.cf(c);
        for (int i = 0; i < n; i++) {
            boolean out = bit(a, 0);
            a = Alu.truncate(a, bits / 8) >>> 1 | (cf ? 1L << bits - 1 : 0);
            cf = out;
        }
        Flags.setCarryOverflow(c, cf, bit(a, bits - 1) ^ bit(a, bits - 2));
        return a;
    }

    private static long left(Cpu c, long a, int n, int bits) {
        long r = n >= bits ? 0 : a << n;
        boolean cf = n <= bits && bit(a, bits - n);
        flags(c, Alu.extend(r, bits / 8), cf, cf ^ bit(r, bits - 1));
        return r;
    }

    private static long right(Cpu c, long a, int n, int bits) {
        long r = n >= bits ? 0 : a >>> n;
        boolean cf = n <= bits && bit(a, n - 1);
        // OF is the operand's sign for a count of 1; undefined else, where CPUs differ
        boolean of = bit(r, bits - 1) ^ bit(r, bits - 2);
        flags(c, Alu.extend(r, bits / 8), cf, of);
        return r;
    }

    private static long arithmetic(Cpu c, long a, int n, int bits) {
        long wide = Alu.extend(a, bits / 8);
        flags(c, wide >> n, (wide >> n - 1 & 1) != 0, false);
        return wide >> n;
    }

    /** SHLD and SHRD. */
    static final class DoublePrecision extends Insn {
        private final boolean left;
        private final boolean byCl;

        DoublePrecision(Decoded d) {
            super(d);
            left = d.theForm().mnemonic.equals("SHLD");
            byCl = d.theForm().operands.get(2).kind() == Operand.Kind.FIXED;
        }

        @Override
        void exec(Cpu c) {
            int bits = 8 * opSize;
            int n = (int) (byCl ? c.r[Cpu.RCX] : imm) & (opSize == 8 ? 63 : 31);
            long at = mod == 3 ? 0 : ea(c);
            long a = mod == 3 ? c.reg(rm, opSize) : c.mem.readRmw(at, opSize);
            if (n == 0) {
                if (mod == 3) {
                    c.setReg(rm, opSize, a); // a 32-bit destination is zero-extended all the same
                }
                return;
            }
            long b = c.reg(reg, opSize);
            long r;
            boolean cf;
            if (n > bits) { // 16 bits only: undefined; as if the operands were repeated
                n -= bits;
                long swap = a;
                a = b;
                b = swap;
            }
            if (left) {
                r = n == bits ? b : a << n | b >>> bits - n;
                cf = bit(a, bits - n);
            } else {
                r = n == bits ? b : a >>> n | b << bits - n;
                cf = bit(a, n - 1);
            }
            boolean of = bit(r, bits - 1) ^ bit(a, bits - 1);
            if (mod == 3) {
                c.setReg(rm, opSize, r);
            } else {
                c.mem.write(at, opSize, r);
            }
            flags(c, Alu.extend(r, opSize), cf, of);
        }
    }
}
