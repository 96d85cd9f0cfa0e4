@NullMarked
package org.jvisor.machine;

import org.jspecify.annotations.NullMarked;
