"""Fixes for findings in the YAML files of a project, where there is only one plausible correction.

edits            a finding and the text of its file -> the edits that correct it
proposals        the fixes of a project: proposed, tried on a copy, applied, shown as a diff
fact_format      fact files with values in short or in long form

migration        a project rewritten for an ontology with other terms
yaml_migration   fact files and the policy
table_migration  fact tables
query_migration  stored queries
part_names       the new names of parts
repeated_keys    keys of a YAML mapping that became the same, joined to one
"""
