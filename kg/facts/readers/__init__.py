"""Readers of fact files: YAML, tables, RDF."""
