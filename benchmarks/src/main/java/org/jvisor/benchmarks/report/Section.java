package org.jvisor.benchmarks.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The result of one command.
 *
 * @param id its name in the JSON file, such as {@code exits}
 * @param title its heading
 * @param blocks what it tells
 * @param data all its numbers
 */
public record Section(String id, String title, List<Block> blocks, ObjectNode data) {
    /** Makes one; the list is copied. */
    public Section {
        blocks = List.copyOf(blocks);
    }

    /** Tables and notes, for a terminal. */
    public String text() {
        StringBuilder text = new StringBuilder("## " + title + "\n");
        for (Block block : blocks) {
            switch (block) {
                case Block.Table table ->
                        text.append('\n').append(table.title()).append("\n\n").append(table.text());
                case Block.Note note -> text.append('\n').append(note.text()).append('\n');
                case Block.Bars bars -> {} // their numbers are in a table as well
                case Block.Curves curves -> {}
            }
        }
        return text.toString();
    }
}
