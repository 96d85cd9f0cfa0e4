/** KVM and the Linux calls a virtual machine monitor needs, through the FFM API. */
module org.jvisor.kvm {
    requires static transitive org.jspecify;

    exports org.jvisor.kvm;
    exports org.jvisor.linux;
}
