@NullMarked
package org.jvisor.cpucheck;

import org.jspecify.annotations.NullMarked;
