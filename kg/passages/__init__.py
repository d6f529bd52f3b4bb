"""The sources' texts, and whether a passage contains the value that a fact states."""
