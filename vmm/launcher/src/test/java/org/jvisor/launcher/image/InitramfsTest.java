package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

class InitramfsTest {
    private static final byte[] BUSYBOX =
            "\u007fELF\0[\0[[\0cat\0mount\0sh\0\0".getBytes(StandardCharsets.ISO_8859_1);

    private record Member(CpioArchiveEntry entry, byte[] content) {
        String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    private static byte[] build() throws IOException {
        return Initramfs.build(BUSYBOX, KernelModules.NONE);
    }

    private static Map<String, Member> unpack(byte[] archive) throws IOException {
        Map<String, Member> members = new LinkedHashMap<>();
        try (CpioArchiveInputStream cpio =
                new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
            CpioArchiveEntry entry;
            while ((entry = cpio.getNextEntry()) != null) {
                members.put(entry.getName(), new Member(entry, cpio.readAllBytes()));
            }
        }
        return members;
    }

    private static Member member(byte[] archive, String name) throws IOException {
        return Objects.requireNonNull(unpack(archive).get(name), name);
    }

    @Test
    void theBinaryIsInBinAndExecutable() throws IOException {
        Member busybox = member(build(), "bin/busybox");
        assertThat(busybox.content).isEqualTo(BUSYBOX);
        assertThat(busybox.entry.getMode()).isEqualTo(0100755);
    }

    @Test
    void everyAppletIsALinkToIt() throws IOException {
        byte[] archive = build();
        for (String applet : new String[] {"[", "[[", "cat", "mount", "sh"}) {
            Member link = member(archive, "bin/" + applet);
            assertThat(link.entry.isSymbolicLink()).isTrue();
            assertThat(link.text()).isEqualTo("busybox");
        }
    }

    @Test
    void initCanStartWhereTheAppletsAreNotFound() throws IOException {
        byte[] archive =
                Initramfs.build(
                        "\u007fELF".getBytes(StandardCharsets.ISO_8859_1), KernelModules.NONE);
        assertThat(member(archive, "bin/sh").text()).isEqualTo("busybox");
        assertThat(member(archive, "init").text()).contains("busybox --install");
    }

    @Test
    void initIsAnExecutableScript() throws IOException {
        Member init = member(build(), "init");
        assertThat(init.entry.getMode()).isEqualTo(0100755);
        assertThat(init.text()).startsWith("#!/bin/sh\n");
    }

    @Test
    void theConsoleIsCharacterDevice5Minor1() throws IOException {
        CpioArchiveEntry console = member(build(), "dev/console").entry;
        assertThat(console.isCharacterDevice()).isTrue();
        assertThat(console.getRemoteDeviceMaj()).isEqualTo(5);
        assertThat(console.getRemoteDeviceMin()).isEqualTo(1);
    }

    @Test
    void foldersComeBeforeWhatIsInThem() throws IOException {
        java.util.Set<String> seen = new java.util.HashSet<>();
        for (String name : unpack(build()).keySet()) {
            int slash = name.lastIndexOf('/');
            if (slash > 0) {
                assertThat(seen).contains(name.substring(0, slash));
            }
            seen.add(name);
        }
    }

    @Test
    void modulesComeWithWhatModprobeMustKnow() throws IOException {
        KernelModules modules =
                KernelModules.of(
                        List.of(
                                new DebArchive.Entry(
                                        "lib/modules/6.1.0-9/kernel/drivers/virtio/virtio.ko",
                                        Modules.module("depends=", "alias=of:virtio"))));
        byte[] archive = Initramfs.build(BUSYBOX, modules);
        assertThat(member(archive, "lib/modules/6.1.0-9/modules.dep").text())
                .isEqualTo("virtio.ko:\n");
        assertThat(member(archive, "lib/modules/6.1.0-9/modules.alias").text())
                .isEqualTo("alias of:virtio virtio\n");
        assertThat(member(archive, "lib/modules/6.1.0-9/virtio.ko").content).startsWith(0x7f, 'E');
    }

    @Test
    void theSameBusyboxGivesTheSameBytes() throws IOException {
        assertThat(build()).isEqualTo(build());
    }
}
