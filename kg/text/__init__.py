"""Texts: compared without their spelling, matched by patterns, written as tables.

atom             Atom feeds
ellipsis         long texts shortened
folding          names folded, slugs, stems, and the names that a text may mean
invisible_chars  characters that nobody sees
number_words     months and numbers as English words, and articles
patch            changes of files as patches
sizes            sizes of memory and disk in words
regex            XPath regular expressions, as RE2 (DuckDB) and Python's `re` write them
sparql_tokens    SPARQL text as tokens
table            tables in plain text, padded to their widest cell
wikipedia_titles titles of Wikipedia's articles in their addresses
xml_text         text and attributes in XML
"""
