"""Wikidata, imported in each form that it is published in.

entities   entity JSON: dumps, Special:EntityData, wbgetentities; and its values
rdf        RDF with full statements, put together as entity JSON
results    answers of a SPARQL endpoint over Wikidata
"""
