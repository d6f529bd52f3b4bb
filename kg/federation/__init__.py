"""Questions that reach beyond the graph: SERVICE, for the endpoints that a project lists."""
