"""Cells of tables, read in DuckDB's SQL.

cleanings   the cleanings of a mapping file, each with the cells that it takes
numbers     the grammar of numbers
"""
