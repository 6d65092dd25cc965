package dev.taskward.task;

import java.util.List;

/**
 * A page of a list.
 *
 * @param next the cursor of the next page; null on the last one
 * @param total how many tasks all pages have; null if not requested
 * @param entityTag null if the page depends on the clock
 */
record TaskPage(List<TaskRepresentation> tasks, String next, Long total, String entityTag) {}
