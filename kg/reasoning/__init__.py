"""OWL 2 RL inference.

rules            the rules of the specification as a table; rules in words
ontology         the axioms, closed under the schema rules; tautologies
grounding        rules with their patterns about the ontology answered
strata           the order in which ground rules run
sql              ground rules compiled to SQL
same_as          owl:sameAs as a union find
contradictions   what the rules forbid, as findings
infer            inference over triple tables, and over files
days             the one rule that is not from OWL: earliest and latest days of dated entities
ontology_lint    axioms that no rule reads, or that spread errors
owlrl_engine     the reference engine
"""
