/**
 * What a measurement is told as: sections of tables, bars and curves, which become text for the
 * terminal and one HTML page that needs nothing else, beside the numbers in JSON.
 */
@NullMarked
package org.jvisor.benchmarks.report;

import org.jspecify.annotations.NullMarked;
