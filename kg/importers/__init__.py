"""The world's datasets walk in; fact tables under `data/imports/` walk out, and an entry in `data/sources.yaml`.

Importers never touch the store. What a dataset's words mean to us stands in tables under `kg/mappings/` and in the
ontology's crosswalk, not in code.
"""
