"""Documentation of an ontology, generated from its files.

module    a module: one file of the ontology with the terms that it declares
diagram   a module as a class diagram in SVG
page      a module as a page in Markdown: every term with its crosswalk and an example
"""
