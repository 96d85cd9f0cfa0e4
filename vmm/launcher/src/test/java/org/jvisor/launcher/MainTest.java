package org.jvisor.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the user sees of the command line, right and wrong. */
class MainTest {
    @TempDir Path folder;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int jvisor(String... arguments) {
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    /** Expects one line on standard error, and nothing on standard output. */
    private void assertMistake(int status, String[] arguments, String... parts) {
        assertThat(jvisor(arguments)).isEqualTo(status);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("jvisor: ").contains(parts);
    }

    private static String[] run(String... options) {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "run";
        System.arraycopy(options, 0, arguments, 1, options.length);
        return arguments;
    }

    private String config(String json) throws IOException {
        return Files.writeString(folder.resolve("vm.json"), json).toString();
    }

    @Test
    void helpIsOnStandardOutputAndAllIsWell() {
        assertThat(jvisor("--help")).isZero();
        assertThat(out.toString()).contains("Usage: jvisor", "run", "image");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void helpTellsEveryExitStatus() {
        jvisor("--help");
        assertThat(out.toString())
                .contains(
                        " 0 ", "64 ", "66 ", "68 ", "70 ", "72 ", "74 ", "80 ", "82 ", "84 ",
                        "86 ");
    }

    @Test
    void aSubcommandHasHelpOfItsOwn() {
        assertThat(jvisor("run", "--help")).isZero();
        assertThat(out.toString()).contains("--kernel", "--initrd", "--cmdline", "--serial");
    }

    @Test
    void lockstepOnKvmIsAMistakeBecauseThereIsNoTranslator() {
        assertMistake(64, run("--lockstep", "--accel", "kvm"), "--lockstep", "--accel software");
    }

    @Test
    void kvmTimedByInstructionsIsAMistake() {
        assertMistake(
                ExitStatus.USAGE,
                run("--kernel", "k", "--accel", "kvm", "--clock", "instructions"),
                "KVM",
                "software");
    }

    @Test
    void helpNamesEverySubcommand() {
        jvisor("--help");
        assertThat(out.toString()).contains("  run ", "  image ", "  cpu-check ");
    }

    @Test
    void theVersionNamesTheJavaItRunsOn() {
        assertThat(jvisor("--version")).isZero();
        assertThat(out.toString()).contains("jvisor", Runtime.version().toString());
    }

    @Test
    void noCommandIsAMistake() {
        assertMistake(ExitStatus.USAGE, new String[0], "a command is missing", "--help");
    }

    @Test
    void anUnknownCommandIsNamed() {
        assertMistake(ExitStatus.USAGE, new String[] {"rnu"}, "rnu");
    }

    @Test
    void anUnknownOptionIsNamedWithTheNearestKnown() {
        assertMistake(
                ExitStatus.USAGE, run("--memroy", "2G"), "--memroy", "did you mean --memory?");
    }

    @Test
    void aSizeThatIsNoneIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--memory", "lots"), "--memory", "'lots'", "512M");
    }

    @Test
    void noMemoryIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--kernel", "k", "--memory", "0"), "0 bytes", "1M");
    }

    @Test
    void memoryThatIsNotWholeMebibytesIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--kernel", "k", "--memory", "2000001"), "2000001");
    }

    @Test
    void noCpusIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--kernel", "k", "--cpus", "0"), "0 CPUs");
    }

    @Test
    void aThousandCpusIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--kernel", "k", "--cpus", "1000"), "1000 CPUs");
    }

    @Test
    void cpusThatAreNoNumberAreAMistake() {
        assertMistake(ExitStatus.USAGE, run("--cpus", "two"), "--cpus", "'two'");
    }

    @Test
    void anUnknownAcceleratorIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--accel", "hvf"), "'hvf'", "auto, kvm, software");
    }

    @Test
    void anUnknownSerialTargetIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--serial", "tcp"), "'tcp'", "stdio", "file=PATH");
    }

    @Test
    void aSerialFileThatCannotBeWrittenIsAMistake() {
        Path file = folder.resolve("none/out.log");
        assertMistake(
                ExitStatus.IO,
                run("--kernel", "k", "--serial", "file=" + file),
                file.toString(),
                "folder does not exist");
    }

    @Test
    void aFlatAddressWithoutABinaryIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--flat", "0x7c00"), "no flat binary");
    }

    @Test
    void aFlatAddressThatIsNoneIsAMistake() {
        assertMistake(ExitStatus.USAGE, run("--flat", "start"), "'start'", "0x7c00");
    }

    @Test
    void anUnknownImageIsAMistake() {
        assertMistake(ExitStatus.FILE, run("--image", "no-such-image"), "no-such-image", "list");
    }

    @Test
    void aMissingConfigurationFileIsAMistake() {
        Path file = folder.resolve("none.json");
        assertMistake(ExitStatus.FILE, run("--config", file.toString()), file.toString());
    }

    @Test
    void aConfigurationFileThatIsAFolderIsAMistake() {
        assertMistake(ExitStatus.FILE, run("--config", folder.toString()), folder.toString());
    }

    @Test
    void badJsonIsToldWithLineAndColumn() throws IOException {
        String file = config("{\n  \"cpus\": 2,\n  \"memory\" \"1G\"\n}\n");
        assertMistake(ExitStatus.USAGE, run("--config", file), file, "line 3, column");
    }

    @Test
    void anUnknownKeyIsNamedWithTheNearestKnown() throws IOException {
        String file = config("{\n  \"memmory\": \"1G\"\n}\n");
        assertMistake(
                ExitStatus.USAGE, run("--config", file), "\"memmory\"", "\"memory\"", "line 2");
    }

    @Test
    void aKeyOfTheWrongTypeIsNamed() throws IOException {
        String file = config("{\"cpus\": \"two\"}");
        assertMistake(ExitStatus.USAGE, run("--config", file), "\"cpus\"", "whole number");
    }

    @Test
    void optionsOverrideTheConfigurationFile() throws IOException {
        String file = config("{\"cpus\": 1000, \"memory\": \"64M\", \"kernel\": \"k\"}");
        assertMistake(
                ExitStatus.USAGE, run("--config", file, "--cpus", "1", "--memory", "0"), "0 bytes");
    }

    @Test
    void theHostCheckEndsWithTheStatusOfItsVerdict() {
        int status = jvisor("cpu-check");
        assertThat(status).isBetween(0, 2);
        String[] verdicts = {"hardware", "kvm without VT", "software only"};
        assertThat(out.toString()).contains(verdicts[status]);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theHostCheckAsJsonIsOneObject() throws IOException {
        jvisor("cpu-check", "--json");
        try (JsonParser json = new JsonFactory().createParser(out.toString())) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            json.skipChildren();
            assertThat(json.nextToken()).isNull();
        }
    }

    @Test
    void anImageThatIsNotKnownCannotBePulled() {
        assertMistake(ExitStatus.USAGE, new String[] {"image", "pull", "plan9"}, "plan9", "debian");
    }

    @Test
    void aMirrorWithoutTlsIsRefused() {
        assertMistake(
                ExitStatus.USAGE,
                new String[] {"image", "pull", "debian", "--mirror", "http://mirror.test/"},
                "http://mirror.test/",
                "https");
    }

    @Test
    void anImageThatIsNotThereCannotBeRemoved() {
        assertMistake(
                ExitStatus.FILE, new String[] {"image", "rm", "no-such-image"}, "no-such-image");
    }
}
