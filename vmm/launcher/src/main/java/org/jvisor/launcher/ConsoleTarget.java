package org.jvisor.launcher;

/**
 * Where a port of the virtio console is to go, as {@code --virtio-console} says.
 *
 * @param name the port's; empty for a terminal
 */
record ConsoleTarget(SerialTarget where, String name) {}
