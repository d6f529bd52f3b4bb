"""Tables of any kind, imported through a mapping file."""
