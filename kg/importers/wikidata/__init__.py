"""Wikidata's entities, RDF and query results, imported."""
