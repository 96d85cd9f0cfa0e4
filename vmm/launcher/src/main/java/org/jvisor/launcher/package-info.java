@NullMarked
package org.jvisor.launcher;

import org.jspecify.annotations.NullMarked;
