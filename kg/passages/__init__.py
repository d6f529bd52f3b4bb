"""The sources' texts, and whether a passage contains the value that a fact states.

texts         source texts, passages of evidence, words found in a text
number_words  months and numbers as English words
plausibility  passages that look wrong: far from their event, or with a list that a claim cuts short
verification  facts checked against their passages
"""
