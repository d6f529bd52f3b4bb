"""The graph in a SPARQL store of somebody else: asked, explained and served as a build of one's own is.

truth_columns   columns that are truth values by their expressions
query_window    LIMIT, OFFSET and a total order of a query, for pages of its answer
store_layout    where a store has each graph, and which build it holds
endpoint_store  an endpoint with the methods of an Oxigraph store that this program uses
remote_names    names of entities, searched by SPARQL
endpoint_graph  the graph of an endpoint for Python programs, and `connect`
load_scripts    scripts that fill a store with its own bulk loader
store_check     whether a store answers as the build does
"""
