"""RDF triples: tables in memory, files, provenance, and the store on disk.

triple_tables    dictionary-encoded triples in DuckDB
ntriples         N-Triples files into tables, and tables into N-Triples files
rdf_files        RDF files in any format, into memory or into tables
provenance       who states each fact, as RDF and back
record_store     evidence of bulk facts, per record, in SQLite
columns          the graph as columns in DuckDB, which analytic queries are compiled to SQL over
store            builds on disk: exact files, the Oxigraph store, publishing, look-ups of quads
"""
