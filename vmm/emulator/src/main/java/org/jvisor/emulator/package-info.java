@NullMarked
package org.jvisor.emulator;

import org.jspecify.annotations.NullMarked;
