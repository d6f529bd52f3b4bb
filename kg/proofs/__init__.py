"""Proofs: found, written down, and checked independently of the reasoner."""
