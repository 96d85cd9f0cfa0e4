package org.jvisor.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.jvisor.linux.HostMemory;
import org.jvisor.linux.HugePages;

class MemorySlotTest {
    /** mov [0x20000], eax; mov [0x33000], eax; hlt; jmp to the start. */
    private static final String WRITES_TWO_PAGES = "a300000200 a300300300 f4 ebf3";

    private static final int KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;

    private static TestGuest loggingGuest() {
        TestGuest guest = TestGuest.plain().protectedMode(WRITES_TWO_PAGES);
        guest.vm.setMemoryRegion(0, 0, guest.memory.segment(), KvmVm.LOG_DIRTY_PAGES);
        return guest;
    }

    private static BitSet log(TestGuest guest, Arena arena) {
        MemorySegment bitmap = bitmap(arena);
        guest.vm.dirtyLog(0, bitmap);
        return BitSet.valueOf(bitmap.toArray(ValueLayout.JAVA_LONG));
    }

    private static MemorySegment bitmap(Arena arena) {
        return arena.allocate(KvmVm.dirtyLogBytes(TestGuest.MEMORY_BYTES), 8);
    }

    @Test
    void theDirtyLogHasExactlyThePagesTheGuestWrote() {
        try (TestGuest guest = loggingGuest();
                Arena arena = Arena.ofConfined()) {
            log(guest, arena);
            guest.cpu().run();
            assertThat(log(guest, arena).stream()).containsExactly(0x20, 0x33);
        }
    }

    @Test
    void takingTheDirtyLogClearsIt() {
        try (TestGuest guest = loggingGuest();
                Arena arena = Arena.ofConfined()) {
            guest.cpu().run();
            log(guest, arena);
            assertThat(log(guest, arena).isEmpty()).isTrue();
        }
    }

    @Test
    void aPageWrittenAgainIsLoggedAgain() {
        try (TestGuest guest = loggingGuest();
                Arena arena = Arena.ofConfined()) {
            guest.cpu().run();
            log(guest, arena);
            guest.cpu().run();
            assertThat(log(guest, arena).stream()).containsExactly(0x20, 0x33);
        }
    }

    @Test
    void theDirtyLogCanBeClearedByHand() {
        try (TestGuest guest = TestGuest.plain().protectedMode(WRITES_TWO_PAGES);
                Arena arena = Arena.ofConfined()) {
            guest.vm.enableCap(
                    KvmCap.MANUAL_DIRTY_LOG_PROTECT2, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
            guest.vm.setMemoryRegion(0, 0, guest.memory.segment(), KvmVm.LOG_DIRTY_PAGES);
            guest.cpu().run();
            MemorySegment bitmap = bitmap(arena);
            guest.vm.dirtyLog(0, bitmap);
            assertThat(log(guest, arena).get(0x20)).isTrue();
            guest.vm.clearDirtyLog(0, 0, TestGuest.MEMORY_BYTES / 4096, bitmap);
            assertThat(log(guest, arena).isEmpty()).isTrue();
        }
    }

    @Test
    void aSlotWithoutLogHasNone() {
        try (TestGuest guest = TestGuest.plain();
                Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = bitmap(arena);
            assertThatThrownBy(() -> guest.vm.dirtyLog(0, bitmap))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_GET_DIRTY_LOG");
        }
    }

    @Test
    void aBitmapTooSmallIsRefused() {
        try (TestGuest guest = loggingGuest();
                Arena arena = Arena.ofConfined()) {
            MemorySegment small = arena.allocate(8, 8);
            assertThatThrownBy(() -> guest.vm.dirtyLog(0, small))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("64 bytes");
        }
    }

    @Test
    void readOnlyMemoryIsReadWithoutAnExit() {
        // mov ecx, [0x400000]; hlt
        try (TestGuest guest = TestGuest.plain().protectedMode("8b0d00004000 f4");
                HostMemory rom = HostMemory.anonymous(4096, HugePages.NONE)) {
            rom.segment().set(ValueLayout.JAVA_INT, 0, 0x1234_5678);
            guest.vm.setMemoryRegion(1, 0x40_0000, rom.segment(), KvmVm.READ_ONLY);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            assertThat(guest.regs().gpr[KvmRegs.RCX]).isEqualTo(0x1234_5678);
            guest.vm.deleteMemoryRegion(1);
        }
    }

    @Test
    void aWriteToReadOnlyMemoryIsAnExitAndChangesNothing() {
        // mov dword [0x400000], 1; hlt
        try (TestGuest guest = TestGuest.plain().protectedMode("c7050000400001000000 f4");
                HostMemory rom = HostMemory.anonymous(4096, HugePages.NONE)) {
            guest.vm.setMemoryRegion(1, 0x40_0000, rom.segment(), KvmVm.READ_ONLY);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
            assertThat(guest.cpu().exit().mmioAddress()).isEqualTo(0x40_0000);
            assertThat(rom.segment().get(ValueLayout.JAVA_INT, 0)).isZero();
            guest.vm.deleteMemoryRegion(1);
        }
    }

    @Test
    void deletedMemoryIsNoMemory() {
        // mov dword [0x400000], 1; hlt; jmp to the start
        try (TestGuest guest = TestGuest.plain().protectedMode("c7050000400001000000 f4 ebf3");
                HostMemory more = HostMemory.anonymous(4096, HugePages.NONE)) {
            guest.vm.setMemoryRegion(1, 0x40_0000, more.segment(), 0);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.HLT);
            guest.vm.deleteMemoryRegion(1);
            assertThat(guest.cpu().run()).isEqualTo(KvmExit.MMIO);
        }
    }

    @Test
    void overlappingSlotsAreRefusedWithAReason() {
        try (TestGuest guest = TestGuest.plain()) {
            assertThatThrownBy(
                            () ->
                                    guest.vm.setMemoryRegion(
                                            1, 0x1000, guest.memory.slice(0, 4096), 0))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_SET_USER_MEMORY_REGION failed: EEXIST")
                    .hasMessageContaining("overlaps");
        }
    }

    @Test
    void memoryThatIsNotMadeOfPagesIsRefused() {
        try (TestGuest guest = TestGuest.plain()) {
            assertThatThrownBy(
                            () ->
                                    guest.vm.setMemoryRegion(
                                            1, 0x40_0000, guest.memory.slice(0, 100), 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void heapMemoryIsRefused() {
        try (TestGuest guest = TestGuest.plain()) {
            MemorySegment heap = MemorySegment.ofArray(new byte[4096]);
            assertThatThrownBy(() -> guest.vm.setMemoryRegion(1, 0x40_0000, heap, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
