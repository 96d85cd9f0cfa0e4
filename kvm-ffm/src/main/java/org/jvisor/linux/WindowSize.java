package org.jvisor.linux;

/**
 * The size of a terminal.
 *
 * @param columns characters in a line, 0 to 65535; 0 where unknown
 * @param rows lines, 0 to 65535; 0 where unknown
 */
public record WindowSize(int columns, int rows) {}
