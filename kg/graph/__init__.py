"""RDF triples: tables in memory, files, provenance, and the store on disk.

triple_tables    dictionary-encoded triples in DuckDB
ntriples         N-Triples files into tables, and tables into N-Triples files
rdf_files        RDF files in any format, into memory or into tables
provenance       who states each fact, as RDF and back
snapshot_file    the published graph as one DuckDB file: exact terms, triples, facts with evidence
snapshot_writer  writes it
parquet_tables   it as Parquet tables, which another program may have written
lookup_tables    the tables and indexes that find its terms and triples one by one
snapshot_update  writes it as a changed copy of the last one
columns          its terms taken apart, as analytic queries compiled to SQL compare them
record_store     evidence of bulk facts, per record, from the snapshot
engine_errors    what errors of DuckDB and Oxigraph mean for a user
build_files      the list of a build's files, from which damage is detected
store            builds on disk: snapshot, Oxigraph store, publishing, look-ups of quads
"""
