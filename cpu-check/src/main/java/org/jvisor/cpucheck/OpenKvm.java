package org.jvisor.cpucheck;

import java.util.List;
import org.jvisor.cpucheck.Host.KvmAccess;
import org.jvisor.cpucheck.Host.ProbeResult;
import org.jvisor.cpucheck.HostReport.CpuidLeaf;
import org.jvisor.kvm.Kvm;
import org.jvisor.kvm.KvmCap;
import org.jvisor.linux.LinuxException;

/** The real /dev/kvm. */
final class OpenKvm implements KvmAccess.Usable {
    private final Kvm kvm;

    OpenKvm(Kvm kvm) {
        this.kvm = kvm;
    }

    @Override
    public int apiVersion() {
        return kvm.version();
    }

    @Override
    public int extension(String name) {
        return kvm.checkExtension(KvmCap.valueOf(name));
    }

    @Override
    public List<CpuidLeaf> guestCpuid() {
        return kvm.supportedCpuid().stream()
                .map(
                        e ->
                                new CpuidLeaf(
                                        e.function(),
                                        e.index(),
                                        e.eax(),
                                        e.ebx(),
                                        e.ecx(),
                                        e.edx()))
                .toList();
    }

    @Override
    public ProbeResult probe(boolean measureExits) {
        try (ProbeGuest guest = ProbeGuest.create(kvm)) {
            return new ProbeResult(guest.measure(measureExits), 0);
        } catch (LinuxException e) {
            return ProbeResult.failed(e.getMessage(), e.errno());
        } catch (IllegalStateException e) {
            return ProbeResult.failed(e.getMessage(), 0);
        }
    }

    @Override
    public void close() {
        kvm.close();
    }
}
