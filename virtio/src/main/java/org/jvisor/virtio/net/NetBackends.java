package org.jvisor.virtio.net;

import org.jvisor.virtio.net.passt.PasstBackend;
import org.jvisor.virtio.net.tap.TapBackend;
import org.jvisor.virtio.net.user.UserBackend;

/** Makes back ends of what the user asked for. */
public final class NetBackends {
    private NetBackends() {}

    /**
     * Makes the back end of an interface: opens its descriptors and listens on its ports.
     *
     * @param id the interface's name, unique on its machine, such as {@code "net0"}: that of its
     *     threads
     * @param spec what is asked for
     * @return not started; whoever gets it closes it, or gives it to {@link VirtioNet#open}
     * @throws NetException with a message for the user if the host does not let it
     */
    public static NetBackend open(String id, NetSpec spec) {
        return switch (spec.attachment()) {
            case NetAttachment.None none -> new NoBackend(id);
            case NetAttachment.User user -> new UserBackend(id, user, spec.options().mtu());
            case NetAttachment.Passt passt -> new PasstBackend(id, passt, spec.options().mtu());
            case NetAttachment.Tap tap -> new TapBackend(id, tap, spec.options().mtu());
        };
    }
}
