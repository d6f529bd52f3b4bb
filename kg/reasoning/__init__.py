"""OWL 2 RL inference.

rules             the rules of the specification as a table; rules in words
ontology          the axioms, closed under the schema rules; tautologies
days              the one rule that is not from OWL: earliest and latest days of dated entities
datalog           the ontology as a Datalog program: ground rules, and the strata in which they run
sql               clauses of the program compiled to SQL
same_as           owl:sameAs as a union find, or by components where the terms are too many for memory
components        connected components by SQL
contradictions    what the rules forbid, as findings
ontology_lint     axioms that no rule reads, or that spread errors
infer             inference over triple tables and over files, by the SQL engine or by owlrl
delete_rederive   inference after a change
owlrl_closure     the closure that owlrl computes, the reference engine
"""
