package org.jvisor.benchmarks.jmh;

import org.jvisor.kvm.KvmExit;
import org.jvisor.kvm.KvmRegs;

/**
 * One round of a guest's loop on KVM and of what the host does with the exit: the unit that is
 * measured. The C program has the same rounds.
 */
abstract sealed class KvmLoop implements AutoCloseable {
    final KvmGuest guest;

    private KvmLoop(GuestLoop loop) {
        guest = new KvmGuest(loop);
    }

    /** Makes the rounds of a loop that needs no second thread. */
    static KvmLoop of(GuestLoop loop) {
        return switch (loop) {
            case OUT8, OUT16, OUT32 -> new PortWrite(loop);
            case IN8, IN16, IN32 -> new PortRead(loop);
            case OUTS, INS -> new PortString(loop);
            case MMIO_WRITE -> new MmioWrite();
            case MMIO_READ -> new MmioRead();
            case DOORBELL -> new Doorbell();
            case INTERRUPT -> new Interrupt();
            case IMMEDIATE -> new Immediate();
            case REGISTERS -> new Registers();
            case KICK, IRQFD_WAKE ->
                    throw new IllegalArgumentException(loop + " needs a second thread");
        };
    }

    /** Does one round; returns something that depends on it. */
    abstract long round();

    @Override
    public void close() {
        guest.close();
    }

    private static final class PortWrite extends KvmLoop {
        PortWrite(GuestLoop loop) {
            super(loop);
        }

        @Override
        long round() {
            guest.expect(KvmExit.IO);
            return guest.exit.ioPort() + guest.exit.ioSize() + guest.exit.ioValue(0);
        }
    }

    private static final class PortRead extends KvmLoop {
        private int next;

        PortRead(GuestLoop loop) {
            super(loop);
        }

        @Override
        long round() {
            guest.expect(KvmExit.IO);
            guest.exit.setIoValue(0, next++);
            return guest.exit.ioPort() + guest.exit.ioSize();
        }
    }

    /** All exits of one repeated instruction: the kernel may put several accesses into one. */
    private static final class PortString extends KvmLoop {
        PortString(GuestLoop loop) {
            super(loop);
        }

        @Override
        long round() {
            long sum = 0;
            int done = 0;
            while (done < GuestLoop.STRING) {
                guest.expect(KvmExit.IO);
                int count = guest.exit.ioCount();
                boolean write = guest.exit.ioIsWrite();
                for (int i = 0; i < count; i++) {
                    if (write) {
                        sum += guest.exit.ioValue(i);
                    } else {
                        guest.exit.setIoValue(i, done + i);
                    }
                }
                done += count;
            }
            return sum;
        }
    }

    private static final class MmioWrite extends KvmLoop {
        MmioWrite() {
            super(GuestLoop.MMIO_WRITE);
        }

        @Override
        long round() {
            guest.expect(KvmExit.MMIO);
            return guest.exit.mmioAddress() + guest.exit.mmioData();
        }
    }

    private static final class MmioRead extends KvmLoop {
        private long next;

        MmioRead() {
            super(GuestLoop.MMIO_READ);
        }

        @Override
        long round() {
            guest.expect(KvmExit.MMIO);
            guest.exit.setMmioData(next++);
            return guest.exit.mmioAddress() + guest.exit.mmioLength();
        }
    }

    /** The doorbell itself does not come back: the OUT after it does. */
    private static final class Doorbell extends KvmLoop {
        Doorbell() {
            super(GuestLoop.DOORBELL);
        }

        @Override
        long round() {
            guest.expect(KvmExit.IO);
            return guest.event.drain();
        }
    }

    private static final class Interrupt extends KvmLoop {
        Interrupt() {
            super(GuestLoop.INTERRUPT);
        }

        @Override
        long round() {
            guest.cpu.interrupt(GuestLoop.INTERRUPT.vector());
            guest.expect(KvmExit.IO);
            long port = guest.exit.ioPort();
            guest.expect(KvmExit.HLT);
            return port;
        }
    }

    private static final class Immediate extends KvmLoop {
        Immediate() {
            super(GuestLoop.IMMEDIATE);
        }

        @Override
        long round() {
            guest.cpu.kick();
            guest.expect(KvmExit.INTR);
            return 1;
        }
    }

    private static final class Registers extends KvmLoop {
        private final KvmRegs regs = new KvmRegs();

        Registers() {
            super(GuestLoop.REGISTERS);
        }

        @Override
        long round() {
            guest.cpu.regs(regs);
            regs.gpr[KvmRegs.RAX]++;
            guest.cpu.setRegs(regs);
            return regs.gpr[KvmRegs.RAX];
        }
    }
}
