package org.jvisor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That the JVMs of measurements have the flags of {@code jvisor run}. */
class JvmTest {
    private static final Path DIST = Path.of("../vmm/launcher/src/main/dist");

    @Test
    void theLaunchersFlagsAreThoseOfTheForks() {
        assertThat(
                        Jvm.flags(
                                List.of(
                                        "# a remark",
                                        "",
                                        "--enable-native-access=org.jvisor.kvm",
                                        "-XX:+UseSerialGC")))
                .containsExactly("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC");
    }

    @Test
    void bytecodeIsTranslatedToOnOtherHostsAndWhereItIsAskedFor() {
        assertThat(Jvm.translatesToBytecode("amd64", null)).isFalse();
        assertThat(Jvm.translatesToBytecode("amd64", "bytecode")).isTrue();
        assertThat(Jvm.translatesToBytecode("aarch64", null)).isTrue();
    }

    @Test
    void onlyTheFlagsForBytecodeAreAboutHotSpotsWorkOnIt() throws IOException {
        String bytecode = ".*(CompileCommand|DiagnosticVMOptions|emulator\\.translate).*";
        assertThat(flags("bytecode.options")).anyMatch(f -> f.matches(bytecode));
        assertThat(flags("jvm.options"))
                .contains("-XX:+UseSerialGC")
                .noneMatch(f -> f.matches(bytecode));
    }

    private static List<String> flags(String file) throws IOException {
        return Jvm.flags(Files.readAllLines(DIST.resolve(file)));
    }
}
