package org.jvisor.machine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jvisor.vmm.api.Vcpu;
import org.jvisor.vmm.api.VcpuExit;

/**
 * JFR's event of a vCPU coming back to its thread; the duration is that of the run that ended. The
 * class is not loaded before a recording has been started.
 */
@Name("org.jvisor.VcpuExit")
@Label("vCPU Exit")
@Description("A vCPU came back to its thread after it had run for this long")
@Category({"jvisor", "CPU"})
@StackTrace(false)
@Threshold("10 ms")
final class VcpuExitEvent extends Event {
    @Label("vCPU")
    int vcpu;

    @Label("Reason")
    String reason = "";

    @Label("Guest Instructions")
    @Description("Executed by this vCPU so far; -1 where the accelerator cannot tell")
    long instructions;

    static VcpuExitEvent started() {
        VcpuExitEvent event = new VcpuExitEvent();
        event.begin();
        return event;
    }

    void ended(Vcpu vcpu, VcpuExit exit) {
        end();
        if (shouldCommit()) {
            this.vcpu = vcpu.index();
            reason = exit.toString();
            instructions = vcpu.instructions();
            commit();
        }
    }
}
