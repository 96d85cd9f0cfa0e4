package org.jvisor.benchmarks;

import java.io.PrintWriter;
import org.jvisor.launcher.UserError;
import org.jvisor.launcher.image.DebianImage;
import org.jvisor.launcher.image.Flavor;
import org.jvisor.launcher.image.Image;
import org.jvisor.launcher.image.ImageStore;
import org.jvisor.launcher.image.Progress;

/** The kernel that all machines boot: the one that {@code jvisor run} boots. */
final class Images {
    private Images() {}

    /** The default image, fetched if need be. */
    static Image debian(PrintWriter err) throws InterruptedException {
        try {
            return DebianImage.from(
                            ImageStore.ofUser(),
                            System.getenv(DebianImage.MIRROR_VARIABLE),
                            "stable",
                            new Progress(err, false))
                    .ensure(Flavor.CLOUD);
        } catch (UserError e) {
            throw new BenchException(String.valueOf(e.getMessage()), e, e.status());
        }
    }
}
