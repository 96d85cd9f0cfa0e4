package org.jvisor.machine;

import java.util.Locale;

/** Which accelerator a machine is to use. */
public enum AcceleratorKind {
    /** KVM where it runs on VT, else software. */
    AUTO,
    /** Linux KVM; an error where /dev/kvm cannot be used. */
    KVM,
    /** The x86-64 CPU written in Java. */
    SOFTWARE;

    /** The name used on the command line and in configuration files. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
