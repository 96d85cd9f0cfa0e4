package org.jvisor.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jvisor.benchmarks.guest.Overlay;
import org.jvisor.launcher.image.Image;

/** The guests of the start-up measurements. */
final class StartGuests {
    /** What a guest writes to the serial line when its code runs. */
    static final String MARK = "@";

    /** The guests' memory. */
    static final long MEMORY = 256L << 20;

    /** What the tiny guest ends the process with: the value 0 for port f4h. */
    static final int FLAT_STATUS = 1;

    /**
     * mov dx, 3f8h; mov al, '@'; out dx, al; mov al, 10; out dx, al; mov al, 0; out 0f4h, al; hlt;
     * jmp to hlt. The first exit is that of its third instruction.
     */
    private static final String TINY = "baf803b040eeb00aeeb000e6f4f4ebfd";

    private static final int ROM_BYTES = 64 << 10;

    /** Where a CPU begins (SDM 3A §10.1.4), and the jump from there to the ROM's begin. */
    private static final int RESET = 0xfff0;

    private static final String RESET_JUMP = "e90d00";

    private static final String INIT = "#!/bin/busybox sh\necho " + MARK + "\n";
    private static final String END = "\nexec /bin/busybox poweroff -f\n";

    private StartGuests() {}

    /** Writes the tiny guests to a folder; there is no kernel yet. */
    static StartMachine.Guests tiny(Path folder, Vmm.Machine linux) throws IOException {
        byte[] code = HexFormat.of().parseHex(TINY);
        Path flat = Files.write(folder.resolve("tiny.bin"), code);
        byte[] rom = new byte[ROM_BYTES];
        System.arraycopy(code, 0, rom, 0, code.length);
        byte[] jump = HexFormat.of().parseHex(RESET_JUMP);
        System.arraycopy(jump, 0, rom, RESET, jump.length);
        Path bios = Files.write(folder.resolve("tiny.rom"), rom);
        return new StartMachine.Guests(flat.toString(), bios.toString(), linux);
    }

    /**
     * The image's kernel with an init that tells of itself.
     *
     * @param then what init does before the power-off
     */
    static Vmm.Machine linux(Path folder, Image image, String name, String then)
            throws IOException {
        Path initrd = folder.resolve(name);
        new Overlay().script("init", INIT + then + END).appendTo(image.initrd(), initrd);
        return new Vmm.Machine(
                image.kernel(), initrd, "console=ttyS0,115200 quiet panic=-1", MEMORY, 1);
    }
}
