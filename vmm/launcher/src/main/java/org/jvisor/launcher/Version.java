package org.jvisor.launcher;

import java.lang.module.ModuleDescriptor;
import picocli.CommandLine.IVersionProvider;

/** Tells the version, from the module's own descriptor. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        ModuleDescriptor module = Main.class.getModule().getDescriptor();
        String version = module == null ? null : module.rawVersion().orElse(null);
        return new String[] {
            "jvisor " + (version == null ? "(development)" : version),
            "Java %s, %s %s"
                    .formatted(
                            Runtime.version(),
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"))
        };
    }
}
