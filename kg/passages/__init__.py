"""The sources' texts, and whether a passage contains the value that a fact states.

texts         source texts, passages of evidence, words found in a text
number_words  months and numbers as English words
verification  facts checked against their passages
"""
