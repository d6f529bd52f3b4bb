"""Questions asked of the graph in SPARQL.

sparql           tokens of a query, the limits it must keep
syntax_errors    why a query does not parse, and what to write
stored_query     queries with a name and typed parameters, and the binding of values
query_search     stored queries found by words, with the ontology's labels as synonyms
rewriting        queries in the form that the engine answers as SPARQL defines
routing          which engine answers a query: SQL over columns, or Oxigraph
sparql_to_sql    SPARQL compiled to SQL over the columns of a graph
explain_plan     engine, algebra, SQL and operators of a query, with rows and time
snapshot_store   the methods of an Oxigraph store, for a build that has none
execute          a query run on a store
answer           rows, truth or triples, as exact terms and Python values
formats          answers written as SPARQL results, tables, Markdown, HTML and Turtle
result_writers   results in JSON, XML, CSV, TSV and RDF within bounds, as the server sends them
triple_patterns  the patterns of a query, and the triples that a row is supported by
"""
