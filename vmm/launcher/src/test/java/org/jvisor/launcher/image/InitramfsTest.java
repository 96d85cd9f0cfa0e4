package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
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
        Member busybox = member(Initramfs.build(BUSYBOX), "bin/busybox");
        assertThat(busybox.content).isEqualTo(BUSYBOX);
        assertThat(busybox.entry.getMode()).isEqualTo(0100755);
    }

    @Test
    void everyAppletIsALinkToIt() throws IOException {
        byte[] archive = Initramfs.build(BUSYBOX);
        for (String applet : new String[] {"[", "[[", "cat", "mount", "sh"}) {
            Member link = member(archive, "bin/" + applet);
            assertThat(link.entry.isSymbolicLink()).isTrue();
            assertThat(link.text()).isEqualTo("busybox");
        }
    }

    @Test
    void initCanStartWhereTheAppletsAreNotFound() throws IOException {
        byte[] archive = Initramfs.build("\u007fELF".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(member(archive, "bin/sh").text()).isEqualTo("busybox");
        assertThat(member(archive, "init").text()).contains("busybox --install");
    }

    @Test
    void initIsAnExecutableScript() throws IOException {
        Member init = member(Initramfs.build(BUSYBOX), "init");
        assertThat(init.entry.getMode()).isEqualTo(0100755);
        assertThat(init.text()).startsWith("#!/bin/sh\n");
    }

    @Test
    void theConsoleIsCharacterDevice5Minor1() throws IOException {
        CpioArchiveEntry console = member(Initramfs.build(BUSYBOX), "dev/console").entry;
        assertThat(console.isCharacterDevice()).isTrue();
        assertThat(console.getRemoteDeviceMaj()).isEqualTo(5);
        assertThat(console.getRemoteDeviceMin()).isEqualTo(1);
    }

    @Test
    void foldersComeBeforeWhatIsInThem() throws IOException {
        java.util.Set<String> seen = new java.util.HashSet<>();
        for (String name : unpack(Initramfs.build(BUSYBOX)).keySet()) {
            int slash = name.lastIndexOf('/');
            if (slash > 0) {
                assertThat(seen).contains(name.substring(0, slash));
            }
            seen.add(name);
        }
    }

    @Test
    void theSameBusyboxGivesTheSameBytes() throws IOException {
        assertThat(Initramfs.build(BUSYBOX)).isEqualTo(Initramfs.build(BUSYBOX));
    }
}
