"""Whether a passage contains the value that a fact states.

plausibility  passages that look wrong: far from their event, or with a list that a claim cuts short
verification  facts checked against their passages
"""
