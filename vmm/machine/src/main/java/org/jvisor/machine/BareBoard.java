package org.jvisor.machine;

import java.util.List;
import org.jvisor.firmware.layout.AcpiDevice;

/** No board at all: CPUs, memory and the debug-exit port. */
final class BareBoard implements Board {
    BareBoard(Platform platform, Lifecycle lifecycle) {
        PcBoard.debugExit(lifecycle).attach(platform.ports());
    }

    @Override
    public void powerButton() {
        // There is no button.
    }

    @Override
    public void ctrlAltDelete() {
        // There is no keyboard.
    }

    @Override
    public void serialInput(int port, byte[] bytes, int offset, int length) {
        throw new IllegalStateException("a bare machine has no serial lines");
    }

    @Override
    public void consoleInput(int port, byte[] bytes, int offset, int length) {
        throw new IllegalStateException("a bare machine has no console");
    }

    @Override
    public DeviceControls controls() {
        return DeviceControls.NONE;
    }

    @Override
    public List<AcpiDevice> described() {
        return List.of();
    }

    @Override
    public void pause() {
        // Nothing here runs.
    }

    @Override
    public void resume() {
        // Nothing here runs.
    }

    @Override
    public void reset() {
        // Nothing here has state.
    }

    @Override
    public void close() {
        // Nothing here holds anything.
    }
}
