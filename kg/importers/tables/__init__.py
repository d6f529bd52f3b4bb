"""Tables of any kind, CSV, TSV, Excel, JSON lines or Parquet, imported by a mapping file.

mapping  what the columns mean: the mapping file, read and checked
files    the cells of a table, in whatever file format
sql      the SELECTs that turn cells into facts and stubs
run      the import of tables into a session
guess    a first mapping file, guessed from a table
"""
