package org.jvisor.virtio.testing;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jvisor.virtio.VirtioDevice;
import org.jvisor.virtio.queue.RingAddresses;
import org.jvisor.virtio.transport.VirtioMmio;
import org.jvisor.vmm.api.Doorbells;
import org.jvisor.vmm.api.GuestMemory;

/** A driver of virtio-mmio. */
final class MmioRegisters implements Registers {
    private final VirtioMmio window;
    private boolean level;

    MmioRegisters(VirtioDevice device, GuestMemory memory) {
        window = new VirtioMmio(device, memory, this::line, Doorbells.NONE);
    }

    private synchronized void line(boolean asserted) {
        level = asserted;
        notifyAll();
    }

    private int read(int offset) {
        return (int) window.read(offset, 4);
    }

    private void write(int offset, int value) {
        window.write(offset, 4, value & 0xffff_ffffL);
    }

    @Override
    public int status() {
        return read(0x70);
    }

    @Override
    public void setStatus(int status) {
        write(0x70, status);
    }

    @Override
    public long deviceFeatures() {
        write(0x14, 0);
        long low = read(0x10) & 0xffff_ffffL;
        write(0x14, 1);
        return low | (long) read(0x10) << 32;
    }

    @Override
    public void setDriverFeatures(long features) {
        write(0x24, 0);
        write(0x20, (int) features);
        write(0x24, 1);
        write(0x20, (int) (features >>> 32));
    }

    @Override
    public int queueSizeMax(int queue) {
        write(0x30, queue);
        return read(0x34);
    }

    @Override
    public void setUpQueue(int queue, RingAddresses addresses) {
        write(0x30, queue);
        write(0x38, addresses.size());
        write(0x80, (int) addresses.descriptors());
        write(0x84, (int) (addresses.descriptors() >>> 32));
        write(0x90, (int) addresses.driver());
        write(0x94, (int) (addresses.driver() >>> 32));
        write(0xa0, (int) addresses.device());
        write(0xa4, (int) (addresses.device() >>> 32));
        write(0x44, 1);
    }

    @Override
    public void kick(int queue) {
        write(0x50, queue);
    }

    @Override
    public long readConfig(int offset, int size) {
        return window.read(0x100 + offset, size);
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        window.write(0x100 + offset, size, value);
    }

    @Override
    public int generation() {
        return read(0xfc);
    }

    @Override
    public int awaitInterrupt(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        synchronized (this) {
            while (!level) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return 0;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
        int bits = read(0x60);
        write(0x64, bits);
        return bits;
    }

    @Override
    public void poke(long offset, int size, long value) {
        window.write(offset, size, value);
    }

    @Override
    public long peek(long offset, int size) {
        return window.read(offset, size);
    }

    @Override
    public int window() {
        return VirtioMmio.SIZE;
    }

    @Override
    public void pause() {
        window.pause();
    }

    @Override
    public void resume() {
        window.resume();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        window.save(out);
    }

    @Override
    public void restore(DataInput in) throws IOException {
        window.restore(in);
    }

    @Override
    public String failure() {
        return window.failure();
    }

    @Override
    public void close() {
        window.close();
    }
}
