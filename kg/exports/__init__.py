"""The published graph in other formats.

export               the formats by name; CSV, a table for each class
rdf                  RDF with exact terms; a writer of Turtle in pieces
store_files          gzip N-Quads for the bulk loader of another store
jsonld               JSON-LD with the published context, compact or framed
schema_org           films as schema.org JSON-LD
link_formats         links to other datasets: N-Triples, VoID, SSSOM
item_facts           the facts about the entities of an export, of many entities at once
wikidata_model       entities as Wikidata's items, with statements and references
wikidata_values      our values as values of Wikidata's data model
wikidata_formats     items as RDF, reified RDF and entity JSON
wikidata_comparison  our statements beside those that Wikidata has
statement_gaps       the facts that Wikidata may lack, found by SQL
quickstatements      what Wikidata lacks, as commands for QuickStatements
"""
