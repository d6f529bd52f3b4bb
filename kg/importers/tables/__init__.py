"""Tables of any columns, imported by a mapping file that states what the columns mean.

table_import    the import of tables
file_tasks      many files, or parts of them, each imported by a task of its own
file_parts      large files as parts
table_mapping   what the columns mean: the mapping file, read and checked
table_sql       the SELECTs that turn cells into facts and stubs
table_files     the cells of a table: CSV, TSV, Excel, JSON lines or Parquet
unread_rows     the rows that are left out: why, how many, where
table_guess     a first mapping file, guessed from a table
cells           cells read in SQL: cleanings, numbers
"""
