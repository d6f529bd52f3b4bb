"""OWL 2 RL: the ontology's rules, run as SQL over the triples."""
