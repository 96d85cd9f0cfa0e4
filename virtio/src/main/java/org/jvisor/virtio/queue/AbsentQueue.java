package org.jvisor.virtio.queue;

/** A queue the driver did not enable: it never has a chain. */
public final class AbsentQueue implements Virtqueue {
    private final int index;

    /**
     * Makes one.
     *
     * @param index its number, from 0
     */
    public AbsentQueue(int index) {
        this.index = index;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int size() {
        return 0;
    }

    @Override
    public boolean enabled() {
        return false;
    }

    @Override
    public boolean take(Chain chain) {
        return false;
    }

    @Override
    public void untake(Chain chain) {}

    @Override
    public void put(Chain chain, long written) {}

    @Override
    public void signal() {}

    @Override
    public boolean enableNotifications() {
        return false;
    }

    @Override
    public void disableNotifications() {}
}
