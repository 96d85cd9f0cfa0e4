/**
 * Guest images: a kernel, an initial RAM disk and a command line under a name. {@link
 * org.jvisor.launcher.image.ImageStore} keeps them in the user's cache folder, the files addressed
 * by their SHA-256; {@link org.jvisor.launcher.image.DebianImage} makes one from Debian packages,
 * which a {@link org.jvisor.launcher.image.PackageSource} provides: the host's apt, a mirror over
 * HTTPS, or at last the kernel and busybox installed on the host. Packages are unpacked and the
 * initial RAM disk is built here, without help from the host and without root. {@link
 * org.jvisor.launcher.image.RootDiskMaker} makes images with a root disk by the host's mmdebstrap;
 * {@link org.jvisor.launcher.image.DiskImages} clones them.
 */
@NullMarked
package org.jvisor.launcher.image;

import org.jspecify.annotations.NullMarked;
