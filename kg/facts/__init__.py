"""Facts with their evidence, read from the files under `data/`.

model         fact, evidence, source; a fact as a row of a fact table
fact_table    all facts of a project in DuckDB, by the ids of their terms
dates         dates of any precision, and the days that they may mean
julian        days of the Julian calendar, converted to the Gregorian one and back
literals      values as fact files write them -> terms of the property's range
files         which files hold facts, their text and YAML documents, findings about them
sources       data/sources.yaml
texts         source texts, passages of evidence, words found in a text
passage_lock  words that facts cite -> their spans; data/passages.lock
named_values  names in fact files -> entities with this label, found or created
written_values  numbers, dates, running times and amounts as people write them
form_templates  the templates of short forms: texts with slots for values
short_forms   short forms of values <-> parts with their values
usage         checks that properties are stated of classes on which they are used
json_schema   the JSON Schema of fact files, for editors
readers/      all facts of a project; a reader for each kind of file
"""
