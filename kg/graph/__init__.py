"""Triples and the ontology in, what follows and what is wrong out; a store at the end."""
