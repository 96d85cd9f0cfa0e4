package org.jvisor.vmm.api;

/**
 * What reached devices and the guest without a vCPU's thread having anything to do with it. All
 * zero on the software accelerator, which has no such ways.
 *
 * @param doorbells times that a doorbell was served that the kernel took (ioeventfd); several rings
 *     may be served at once
 * @param interrupts message-signalled interrupts raised through an event (irqfd)
 * @param messages message-signalled interrupts sent by a system call, for want of one
 */
public record EventStatistics(long doorbells, long interrupts, long messages) {
    /** Nothing. */
    public static final EventStatistics NONE = new EventStatistics(0, 0, 0);
}
