module org.jvisor.kvm {
    requires static org.jspecify;
}
