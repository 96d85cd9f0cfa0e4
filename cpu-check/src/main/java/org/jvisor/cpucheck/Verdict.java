package org.jvisor.cpucheck;

import java.util.List;

/**
 * What the host is good for.
 *
 * @param kind the judgement
 * @param reason why, in a sentence or two
 * @param advice what to do about it, a sentence or two each; empty where all is well
 */
public record Verdict(Kind kind, String reason, List<String> advice) {
    /** The three kinds of hosts. */
    public enum Kind {
        /** KVM runs guests on the CPU itself: use it. */
        HARDWARE("hardware", 0),
        /** There is a KVM, but it interprets: the software CPU is faster. */
        KVM_WITHOUT_VT("kvm without VT", 1),
        /** There is no KVM to be used: the software CPU remains. */
        SOFTWARE_ONLY("software only", 2);

        private final String words;
        private final int exitStatus;

        Kind(String words, int exitStatus) {
            this.words = words;
            this.exitStatus = exitStatus;
        }

        /** The judgement in plain words. */
        public String words() {
            return words;
        }

        /** The exit status of the command: 0, 1 or 2. */
        public int exitStatus() {
            return exitStatus;
        }
    }

    /** Whether the KVM accelerator is the one to choose. */
    public boolean preferKvm() {
        return kind == Kind.HARDWARE;
    }
}
