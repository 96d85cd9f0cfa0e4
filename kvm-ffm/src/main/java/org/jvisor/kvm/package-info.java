@NullMarked
package org.jvisor.kvm;

import org.jspecify.annotations.NullMarked;
