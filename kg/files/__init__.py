"""Files of a project: read with the place of each value, written at once, and joined.

atomic           atomic writing: readers see either the old content or the new
format_endings   the formats that endings of names choose, or contradict
parquet_files    Parquet files with the same columns joined into one
scratch          temporary folders; those of killed processes are removed
yaml_files       YAML with the line and column of each value, in bounded depth
"""
