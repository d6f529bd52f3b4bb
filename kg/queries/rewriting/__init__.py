"""Queries rewritten where Oxigraph would answer differently from SPARQL.

engine_query        a query in the form that the engine answers right, and its results with exact terms
property_paths      alternatives that keep duplicates, paths of length zero from a term that the graph does not have
graph_clauses       VALUES, sub-selects and MINUS within GRAPH
pattern_blocks      the triple patterns of a query with their paths, parsed from its tokens
functions           casts, STRDT, BNODE, REGEX, REPLACE and GROUP_CONCAT
operators           the order of booleans, and days plus months
truth_values        variables that are conditions
expressions         brackets, arguments and operands among the tokens
ill_typed_literals  ill-typed literals, and what STR and DATATYPE give for a literal
prologue            prefixes of a query, and the terms that its tokens denote
"""
