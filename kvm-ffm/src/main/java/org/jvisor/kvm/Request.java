package org.jvisor.kvm;

import java.lang.foreign.MemorySegment;
import org.jvisor.linux.Fd;
import org.jvisor.linux.calls.FileCalls;

/** One ioctl on one of KVM's descriptors, whose failure becomes an exception. */
final class Request {
    private Request() {}

    /** Makes a request whose argument is a number. */
    static int call(Fd fd, String name, long request, long argument) {
        return KvmException.require(name, attempt(fd, request, argument));
    }

    /** Makes a request whose argument is a structure. */
    static int call(Fd fd, String name, long request, MemorySegment argument) {
        return KvmException.require(name, attempt(fd, request, argument));
    }

    /** The same for a caller that looks at the error itself: a result or {@code -errno}. */
    static int attempt(Fd fd, long request, long argument) {
        int number = fd.acquire();
        try {
            return FileCalls.ioctl(number, request, argument);
        } finally {
            fd.release();
        }
    }

    /** The same with a structure. */
    static int attempt(Fd fd, long request, MemorySegment argument) {
        int number = fd.acquire();
        try {
            return FileCalls.ioctl(number, request, argument);
        } finally {
            fd.release();
        }
    }
}
