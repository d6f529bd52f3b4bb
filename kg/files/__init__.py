"""Files of a project as text: read with the place of each value, and written at once.

atomic        atomic writing: readers see either the old content or the new
yaml_files    YAML with the line and column of each value, in bounded depth
"""
