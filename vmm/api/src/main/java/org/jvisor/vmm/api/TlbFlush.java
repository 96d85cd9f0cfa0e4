package org.jvisor.vmm.api;

/** What makes a software CPU forget translations of linear addresses (SDM 3A §4.10.4.1). */
public enum TlbFlush {
    /** Everything: CR0, CR4, EFER, or INVPCID of all contexts with globals. */
    ALL("everything"),
    /** A CR3 load, which forgets what is not global of one address space. */
    SPACE("CR3 load"),
    /** A CR3 load that keeps what is known of the address space it goes to (PCID). */
    SPACE_KEPT("CR3 load, PCID kept"),
    /** INVLPG, or INVPCID of one address. */
    PAGE("one page"),
    /** INVPCID of one context. */
    PCID("one PCID"),
    /** INVPCID of all contexts without globals. */
    NON_GLOBAL("all but global");

    private final String label;

    TlbFlush(String label) {
        this.label = label;
    }

    /** It in a few words. */
    public String label() {
        return label;
    }
}
