package org.jvisor.launcher.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ControlTest {
    private static final String TEXT =
            """
            Package: first
            Version: 1:2.0-3
            Description: a package
             with more lines

            Package: second
            Depends: libc6 (>= 2.36), linux-image-6.1.0-9-amd64 (= 6.1.27-1) | other, linux-image-x
            """;

    @Test
    void paragraphsAreSeparatedByEmptyLines() {
        assertThat(Control.parseAll(TEXT.lines().toList())).hasSize(2);
    }

    @Test
    void aValueMayHoldColons() throws Exception {
        assertThat(Control.parse(TEXT.lines().toList()).field("Version")).isEqualTo("1:2.0-3");
    }

    @Test
    void continuationLinesBelongToTheirField() throws Exception {
        assertThat(Control.parse(TEXT.lines().toList()).field("Description"))
                .isEqualTo("a package\nwith more lines");
    }

    @Test
    void aDependencyIsFoundByItsPrefixWithoutItsVersion() throws Exception {
        Control second = Control.parseAll(TEXT.lines().toList()).getLast();
        assertThat(second.dependency("linux-image-")).isEqualTo("linux-image-6.1.0-9-amd64");
    }

    @Test
    void aMissingFieldIsNamed() {
        Control first = Control.parse(TEXT.lines().toList());
        assertThatThrownBy(() -> first.field("SHA256"))
                .isInstanceOf(PackageSource.Unavailable.class)
                .hasMessage("the package index has no SHA256 for first");
    }

    @Test
    void noTextIsNoFields() {
        assertThat(Control.parse(java.util.List.of()).fields()).isEmpty();
    }
}
