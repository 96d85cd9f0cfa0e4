package org.jvisor.launcher.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.jvisor.launcher.console.EscapeKeys.Action;

class EscapeKeysTest {
    private static List<Action> actions(String typed) {
        EscapeKeys keys = new EscapeKeys();
        List<Action> actions = new ArrayList<>();
        for (byte key : typed.getBytes(StandardCharsets.ISO_8859_1)) {
            actions.add(keys.accept(key));
        }
        return actions;
    }

    @Test
    void ordinaryKeysAreSent() {
        assertThat(actions("x\r\u0003\u00ff")).containsOnly(Action.SEND);
    }

    @Test
    void ctrlAThenXQuits() {
        assertThat(actions("\u0001x")).containsExactly(Action.NONE, Action.QUIT);
        assertThat(actions("\u0001X")).containsExactly(Action.NONE, Action.QUIT);
    }

    @Test
    void ctrlAThenHShowsHelp() {
        assertThat(actions("\u0001h")).containsExactly(Action.NONE, Action.HELP);
    }

    @Test
    void ctrlAThenCIsForTheMonitor() {
        assertThat(actions("\u0001c")).containsExactly(Action.NONE, Action.MONITOR);
    }

    @Test
    void ctrlATwiceSendsOne() {
        assertThat(actions("\u0001\u0001")).containsExactly(Action.NONE, Action.SEND);
    }

    @Test
    void aLetterWithoutMeaningIsSwallowedWithItsPrefix() {
        assertThat(actions("\u0001qq")).containsExactly(Action.NONE, Action.NONE, Action.SEND);
    }

    @Test
    void theLetterAfterASentCtrlAIsOrdinary() {
        assertThat(actions("\u0001\u0001x")).containsExactly(Action.NONE, Action.SEND, Action.SEND);
    }

    @Property
    void withoutCtrlAEverythingIsSent(@ForAll byte[] typed) {
        EscapeKeys keys = new EscapeKeys();
        for (byte key : typed) {
            if (key != EscapeKeys.PREFIX) {
                assertThat(keys.accept(key)).isEqualTo(Action.SEND);
            }
        }
    }
}
