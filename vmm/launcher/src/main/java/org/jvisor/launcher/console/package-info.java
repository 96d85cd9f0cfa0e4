/**
 * The user's terminal as the far end of a guest's serial line. {@link
 * org.jvisor.launcher.console.Console} reads standard input on one thread, takes the escape keys
 * out ({@link org.jvisor.launcher.console.EscapeKeys}) where it is a terminal, and hands the rest
 * to the guest on another, so that a guest which does not read cannot keep the user from quitting.
 * A {@link org.jvisor.launcher.console.RawTerminal} puts the terminal back on every way out.
 */
@NullMarked
package org.jvisor.launcher.console;

import org.jspecify.annotations.NullMarked;
