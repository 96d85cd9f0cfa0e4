package org.jvisor.machine.device;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.jvisor.vmm.api.Bus;
import org.jvisor.vmm.api.Device;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.IoRegion;

/**
 * QEMU's firmware configuration device: items of bytes by key, read through a selector and a data
 * port or by DMA. What the items hold is {@link FwCfgItems}' business.
 *
 * @see <a href="https://www.qemu.org/docs/master/specs/fw_cfg.html">its specification</a>
 */
public final class FwCfg implements Device {
    private static final int VERSION = 1;

    private static final int SELECTOR_PORT = 0x510, DMA_PORT = 0x514;

    /** "QEMU CFG", as the DMA address register reads. */
    private static final long DMA_SIGNATURE = 0x5145_4d55_2043_4647L;

    private static final int DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8;
    private static final int DMA_WRITE = 16;

    private final GuestMemory memory;
    private final Map<Integer, MemorySegment> items;
    private @Nullable MemorySegment item;
    private int key;
    private long offset;
    private long dmaAddress;

    /**
     * Makes the device.
     *
     * @param memory where DMA goes
     */
    public FwCfg(GuestMemory memory, FwCfgItems items) {
        this.memory = memory;
        this.items = items.all();
        select(0);
    }

    /** Maps ports 0x510, 0x511 and 0x514 to 0x51b. */
    public void attach(Bus ports) {
        ports.map(SELECTOR_PORT, 2, new SelectorAndData());
        ports.map(DMA_PORT, 8, new DmaAddress());
    }

    @Override
    public String name() {
        return "fw-cfg";
    }

    @Override
    public synchronized void reset() {
        select(0);
        dmaAddress = 0;
    }

    private void select(int key) {
        this.key = key;
        item = items.get(key & ~0x4000); // bit 14 once meant writing
        offset = 0;
    }

    private final class SelectorAndData implements IoRegion {
        @Override
        public long read(long port, int size) {
            synchronized (FwCfg.this) {
                long value = 0;
                for (int i = 0; i < size; i++) {
                    value |= (long) nextByte() << i * 8;
                }
                return value;
            }
        }

        @Override
        public void write(long port, int size, long value) {
            if (port == 0 && size == 2) {
                synchronized (FwCfg.this) {
                    select((int) value);
                }
            }
        }
    }

    private int nextByte() {
        MemorySegment from = item;
        if (from == null || offset >= from.byteSize()) {
            return 0;
        }
        return from.get(ValueLayout.JAVA_BYTE, offset++) & 0xff;
    }

    /** The big-endian address of a request; writing its low half starts it. */
    private final class DmaAddress implements IoRegion {
        @Override
        public long read(long port, int size) {
            long swapped = Long.reverseBytes(DMA_SIGNATURE);
            return swapped >>> port * 8;
        }

        @Override
        public void write(long port, int size, long value) {
            synchronized (FwCfg.this) {
                if (size == 4 && port == 0) {
                    dmaAddress = (long) Integer.reverseBytes((int) value) << 32;
                } else if (size == 4 && port == 4) {
                    dmaAddress |= Integer.reverseBytes((int) value) & 0xffff_ffffL;
                    runDma();
                } else if (size == 8 && port == 0) {
                    dmaAddress = Long.reverseBytes(value);
                    runDma();
                }
            }
        }
    }

    // ---- DMA

    private boolean isRam(long address, long length) {
        GuestMemory.Region region = memory.find(address);
        return region != null && !region.readOnly() && memory.contains(address, length);
    }

    /** Serves the request at {@link #dmaAddress}: control, length and address, big-endian. */
    private void runDma() {
        long request = dmaAddress;
        dmaAddress = 0;
        if (!isRam(request, 16)) {
            return; // nowhere to say so
        }
        int control = Integer.reverseBytes(memory.readInt(request));
        long length = Integer.reverseBytes(memory.readInt(request + 4)) & 0xffff_ffffL;
        long address = Long.reverseBytes(memory.readLong(request + 8));
        if ((control & DMA_SELECT) != 0) {
            select(control >>> 16);
        }
        boolean failed = false;
        if ((control & DMA_READ) != 0) {
            failed = !transfer(address, length);
        } else if ((control & DMA_WRITE) != 0) {
            failed = true; // every item is read-only
        } else if ((control & DMA_SKIP) != 0) {
            offset += Math.min(length, remaining());
        }
        memory.writeInt(request, failed ? Integer.reverseBytes(DMA_ERROR) : 0);
    }

    private long remaining() {
        return item == null ? 0 : item.byteSize() - offset;
    }

    /** Copies from the item to the guest; what lies beyond its end reads as 0. */
    private boolean transfer(long address, long length) {
        if (length == 0) {
            return true;
        }
        if (!isRam(address, length)) {
            return false;
        }
        MemorySegment to = memory.slice(address, length);
        long copied = Math.min(length, remaining());
        if (item != null && copied > 0) {
            MemorySegment.copy(item, offset, to, 0, copied);
            offset += copied;
        }
        to.asSlice(copied).fill((byte) 0);
        memory.written(address, length);
        return true;
    }

    // ---- State

    @Override
    public synchronized void save(DataOutput out) throws IOException {
        SavedState.begin(out, VERSION);
        out.writeShort(key);
        out.writeLong(offset);
        out.writeLong(dmaAddress);
    }

    @Override
    public synchronized void restore(DataInput in) throws IOException {
        SavedState.expect(in, name(), VERSION);
        select(in.readUnsignedShort());
        offset = Math.clamp(in.readLong(), 0, item == null ? 0 : item.byteSize());
        dmaAddress = in.readLong();
    }
}
