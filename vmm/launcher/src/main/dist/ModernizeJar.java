import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Rewrites the classes of jars in place whose format is older than Java 8's: adds the stack maps that
 * formats before 50 lack, and changes nothing else. The AOT cache leaves such old classes out, and
 * the JVM verifies them by a slower method; picocli, made for Java 5, costs half of a start that way.
 * Jars without such classes are left as they are.
 *
 * <p>Run from source when a distribution is made: {@code java ModernizeJar.java JAR...}
 */
final class ModernizeJar {
    private static final int OLDEST = ClassFile.JAVA_8_VERSION;

    /** The same for every build, so that the same jar gives the same bytes. */
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

    public static void main(String[] jars) throws IOException {
        for (String jar : jars) {
            modernize(Path.of(jar));
        }
    }

    private static void modernize(Path jar) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
            ZipEntry entry;
            while ((entry = in.getNextEntry()) != null) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        if (entries.entrySet().stream().noneMatch(e -> isOld(e.getKey(), e.getValue()))) {
            return;
        }
        ClassHierarchyResolver hierarchy =
                ClassHierarchyResolver.ofResourceParsing(type -> source(entries, type))
                        .orElse(ClassHierarchyResolver.defaultResolver());
        ClassFile format =
                ClassFile.of(
                        StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(hierarchy));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                boolean old = isOld(entry.getKey(), entry.getValue());
                ZipEntry written = new ZipEntry(entry.getKey());
                written.setTimeLocal(TIME);
                out.putNextEntry(written);
                out.write(old ? modernize(format, entry.getValue()) : entry.getValue());
                out.closeEntry();
            }
        }
        Path beside = Files.write(jar.resolveSibling(jar.getFileName() + ".new"), bytes.toByteArray());
        Files.move(beside, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isOld(String name, byte[] content) {
        // The major version of a class file: bytes 6 and 7.
        return name.endsWith(".class")
                && content.length > 8
                && (content[6] << 8 | content[7] & 0xff) < OLDEST;
    }

    private static ByteArrayInputStream source(Map<String, byte[]> entries, ClassDesc type) {
        String descriptor = type.descriptorString();
        byte[] content = entries.get(descriptor.substring(1, descriptor.length() - 1) + ".class");
        return content == null ? null : new ByteArrayInputStream(content);
    }

    private static byte[] modernize(ClassFile format, byte[] content) {
        ClassTransform version =
                (builder, element) -> {
                    if (element instanceof ClassFileVersion) {
                        builder.withVersion(OLDEST, 0);
                    } else {
                        builder.with(element);
                    }
                };
        ClassTransform code = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        return format.transformClass(format.parse(content), version.andThen(code));
    }
}
