"""Exports in Wikidata's model."""
