@NullMarked
package org.jvisor.firmware;

import org.jspecify.annotations.NullMarked;
