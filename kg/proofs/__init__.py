"""Proofs of inferred triples.

proof      the tree of steps, and its document form
search     finds proofs by matching the ground rules backwards
checker    checks a proof document against the source files, independently of the reasoner
"""
