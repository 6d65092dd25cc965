package dev.taskward.mcp;

import java.util.List;

/** The tools of a resource. Its package contributes them as a bean. */
public interface McpTools {

  List<McpTool> tools();
}
