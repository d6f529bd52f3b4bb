"""The build: from a project's files to a published graph."""
