"""Linking of any two files, or within one, without a project.

entity_files   the entities of a table or an RDF file: their rows, and the mentions made of them
pair_tables    linked pairs as a table with the columns of both sides, and as SSSOM
gold_standard  known pairs, and what the linked ones miss of them, by cause
"""
