"""Fixes for findings in the YAML files of a project, where there is only one plausible correction.

edits      a finding and the text of its file -> the edits that correct it
migration  a project rewritten for an ontology with other terms
proposals  the fixes of a project: proposed, tried on a copy, applied, shown as a diff
"""
