"""Documentation of an ontology, and Python names of its terms, generated from its files.

generate  all generated files of the checkout: `python -m kg.ontology_docs.generate`
module    a module: one file of the ontology with the terms that it declares
diagram   classes in SVG: those of a module, a class with its neighbours, all by what they are narrower than
page      a module as a page in Markdown: every term with its crosswalk and an example
"""
