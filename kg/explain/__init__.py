"""Explanations: why a triple holds or does not, what supports a row, why an answer is empty.

why                 explanations of triples and rows, as trees of rules and premises down to facts and axioms
why_formats         explanations written as text, JSON, proofs, PROV-O, Mermaid and SVG
empty_answers       why an answer has no rows
foreign_properties  properties in a query that the classes of their subjects do not have
unbound_variables   variables that nothing gives a value
"""
