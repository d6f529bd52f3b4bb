"""Worker processes that answer queries."""
