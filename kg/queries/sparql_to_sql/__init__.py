"""SPARQL compiled to SQL over the columns of a graph.

measured_plan      the operators of a query, with estimated and real rows
run                a query answered by DuckDB, with a time limit
spark_columns      the same, answered by Spark
prepared           a query without the values of its VALUES blocks, which has one plan for all of them
selectivity        how much of a graph a query reads at least
patterns           graph patterns and solution modifiers as SQL relations
aggregates         groups and aggregates
path_relations     property paths as relations of subject and object
value_expressions  SPARQL expressions as SQL: values, comparison, errors as NULL
arithmetic         numbers: promotion, arithmetic, rounding
casts              casts, and the parts of moments
string_functions   parts of strings, regular expressions, hashes, IRIs
facets             the parts of a term that operators compare, as SQL
relations          relations with the columns of their variables, and joins of solutions
algebra            the algebra of a query, from rdflib's parser, checked for what it would change

What is not compiled raises `NotCompiled`, and the query goes as a whole to another engine: nothing is approximated.
A value that the columns cannot hold exactly raises it as well, while the SQL runs.
"""
