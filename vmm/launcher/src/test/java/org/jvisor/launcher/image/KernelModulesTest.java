package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelModulesTest {
    private static final String FOLDER = "lib/modules/6.1.0-9-amd64/kernel/";

    private static DebArchive.Entry file(String path, String... information) {
        return new DebArchive.Entry(FOLDER + path, Modules.module(information));
    }

    @Test
    void driversOfVirtioAreWantedAndOthersAreNot() {
        assertThat(KernelModules.wants(FOLDER + "drivers/virtio/virtio_pci.ko")).isTrue();
        assertThat(KernelModules.wants(FOLDER + "drivers/char/hw_random/virtio-rng.ko")).isTrue();
        assertThat(KernelModules.wants("usr/" + FOLDER + "drivers/block/virtio_blk.ko.xz"))
                .isTrue();
        assertThat(KernelModules.wants(FOLDER + "drivers/scsi/virtio_scsi.ko")).isFalse();
        assertThat(KernelModules.wants("boot/virtio_pci.ko")).isFalse();
    }

    @Test
    void everythingAModuleNeedsIsNamedInTheOrderModprobeWants() throws IOException {
        KernelModules modules =
                KernelModules.of(
                        List.of(
                                file("virtio.ko", "license=GPL", "depends="),
                                file("virtio_ring.ko", "depends=virtio"),
                                file("virtio_pci_modern_dev.ko", "depends="),
                                file(
                                        "virtio_pci.ko",
                                        "depends=virtio_ring,virtio,virtio_pci_modern_dev")));
        assertThat(modules.release()).isEqualTo("6.1.0-9-amd64");
        assertThat(modules.dependencies())
                .contains(
                        "virtio_pci.ko: virtio_pci_modern_dev.ko virtio_ring.ko virtio.ko\n",
                        "virtio_ring.ko: virtio.ko\n",
                        "virtio.ko:\n");
    }

    @Test
    void whatIsBuiltIntoTheKernelIsNoDependency() throws IOException {
        KernelModules modules =
                KernelModules.of(List.of(file("virtio-rng.ko", "depends=virtio,rng-core")));
        assertThat(modules.dependencies()).isEqualTo("virtio_rng.ko:\n");
    }

    @Test
    void aliasesLeadToTheirModule() throws IOException {
        KernelModules modules =
                KernelModules.of(
                        List.of(
                                file("virtio-rng.ko", "alias=virtio:d00000004v*", "depends=virtio"),
                                file("virtio_blk.ko", "alias=virtio:d00000002v*")));
        assertThat(modules.aliases())
                .isEqualTo(
                        """
                        alias virtio:d00000002v* virtio_blk
                        alias virtio:d00000004v* virtio_rng
                        """);
    }

    @Test
    void compressedModulesAreUnpacked() throws IOException {
        byte[] module = Modules.module("depends=");
        KernelModules modules =
                KernelModules.of(
                        List.of(
                                new DebArchive.Entry(
                                        FOLDER + "virtio.ko.xz", Debs.compress(".xz", module))));
        assertThat(modules.files()).containsOnlyKeys("virtio");
        assertThat(modules.files().get("virtio")).isEqualTo(module);
    }

    @Test
    void modulesThatNeedEachOtherEnd() throws IOException {
        KernelModules modules =
                KernelModules.of(
                        List.of(file("ext4.ko", "depends=jbd2"), file("jbd2.ko", "depends=jbd2")));
        assertThat(modules.dependencies()).isEqualTo("ext4.ko: jbd2.ko\njbd2.ko:\n");
    }

    @Test
    void aDamagedModuleIsAnIoException() throws IOException {
        byte[] module = Modules.module("depends=");
        module[47] = 0x7f;
        KernelModules modules =
                KernelModules.of(List.of(new DebArchive.Entry(FOLDER + "virtio.ko", module)));
        assertThatThrownBy(modules::dependencies).isInstanceOf(IOException.class);
    }
}
