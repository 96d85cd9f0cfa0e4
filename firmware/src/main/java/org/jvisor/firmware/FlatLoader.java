package org.jvisor.firmware;

import org.jvisor.firmware.BootException.Reason;
import org.jvisor.vmm.api.GuestMemory;
import org.jvisor.vmm.api.VcpuState;

/** Places a file of code at an address and starts in it, with no boot protocol at all. */
final class FlatLoader {
    private FlatLoader() {}

    static LoadedGuest load(BootContext context, FlatImage image) throws BootException {
        ImageFile file = context.file();
        GuestMemory memory = context.memory();
        if (file.size() == 0) {
            throw new BootException(
                    Reason.TRUNCATED, context.tried(), "the file is empty", "build it again");
        }
        // Any RAM will do, reserved or not: the code is its own firmware.
        if (!memory.contains(image.address(), file.size())) {
            throw new BootException(
                    Reason.DOES_NOT_FIT,
                    context.tried(),
                    "its %d bytes do not fit at %#x, where the guest's RAM is %s"
                            .formatted(file.size(), image.address(), context.space().describe()),
                    "give the guest more memory or choose another address");
        }
        context.writeTables();
        file.copyTo(0, file.size(), "contents", memory, image.address());
        context.space().block(image.address(), file.size(), "the flat binary");
        VcpuState state = enter(context, image);
        image.apply(state);
        return new LoadedGuest(
                state,
                LoadedGuest.Kind.FLAT,
                "flat binary at %#x, entered at %#x".formatted(image.address(), image.entry()));
    }

    private static VcpuState enter(BootContext context, FlatImage image) throws BootException {
        GuestSpace space = context.space();
        return switch (image.mode()) {
            case REAL -> EntryState.realMode(image.entry());
            case PROTECTED ->
                    EntryState.protectedMode32(
                            context.memory(),
                            space.require(EntryState.GDT_SIZE, 16, context.tried(), "the GDT"),
                            image.entry());
            case LONG ->
                    EntryState.longMode(
                            context.memory(),
                            space.require(
                                    EntryState.TABLES_SIZE,
                                    GuestMemory.PAGE_SIZE,
                                    context.tried(),
                                    "the page tables"),
                            image.entry());
        };
    }
}
