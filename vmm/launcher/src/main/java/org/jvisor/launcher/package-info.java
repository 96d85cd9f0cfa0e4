/**
 * The {@code jvisor} command line. {@link org.jvisor.launcher.Main} hands the arguments to picocli;
 * each subcommand is a class of its own and returns an {@link org.jvisor.launcher.ExitStatus}.
 * Every error reaches the user as one message on standard error, through {@link
 * org.jvisor.launcher.UserError} or {@link org.jvisor.machine.MachineException}; whatever else is
 * thrown is a bug of jvisor and says so. The terminal is the business of {@code console}, guest
 * images that of {@code image}.
 */
@NullMarked
package org.jvisor.launcher;

import org.jspecify.annotations.NullMarked;
