/**
 * KVM, the Linux kernel's interface to hardware virtualisation, as typed Java objects.
 *
 * <p>The kernel hands out three kinds of file descriptors, and so does this package: {@link
 * org.jvisor.kvm.Kvm} is the open {@code /dev/kvm} and knows what the host can do, {@link
 * org.jvisor.kvm.KvmVm} is one virtual machine with its memory slots and interrupt controllers, and
 * {@link org.jvisor.kvm.KvmVcpu} is one virtual CPU with its registers. Close them in the reverse
 * order of their making; closing twice does no harm, and use after closing is an {@link
 * java.lang.IllegalStateException}.
 *
 * <p>{@link org.jvisor.kvm.KvmVcpu#run} executes guest code until the kernel needs user space, and
 * {@link org.jvisor.kvm.KvmRun} tells what for. Neither allocates. CPU state is copied through
 * plain holders ({@link org.jvisor.kvm.KvmRegs}, {@link org.jvisor.kvm.KvmSregs} and others).
 *
 * <p>Every request that the kernel refuses throws {@link org.jvisor.kvm.KvmException}, which names
 * the request by the symbol the kernel's documentation uses (Documentation/virt/kvm/api.rst), and
 * the error.
 */
@NullMarked
package org.jvisor.kvm;

import org.jspecify.annotations.NullMarked;
