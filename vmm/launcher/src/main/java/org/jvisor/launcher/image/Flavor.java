package org.jvisor.launcher.image;

/** Which of Debian's kernels. */
public enum Flavor {
    /** The one for virtual machines: fewer drivers, smaller. */
    CLOUD("linux-image-cloud-amd64", "debian"),
    /** The one for all PCs. */
    GENERIC("linux-image-amd64", "debian-generic");

    private final String packageName;
    private final String imageName;

    Flavor(String packageName, String imageName) {
        this.packageName = packageName;
        this.imageName = imageName;
    }

    /** The meta-package that depends on the current kernel. */
    String packageName() {
        return packageName;
    }

    /** What the image made with it is called. */
    public String imageName() {
        return imageName;
    }

    /** Whether that is the name of an image that is fetched. */
    static boolean isImageName(String name) {
        return name.equals(CLOUD.imageName) || name.equals(GENERIC.imageName);
    }

    /** The name used on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
