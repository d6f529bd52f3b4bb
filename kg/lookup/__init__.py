"""What the graph knows about entities.

entity_names        names of entities, classes and properties: to an IRI and back to a label
entity_types        classes of entities, and the kinds that narrow them
name_search         approximate search by name, on an index of trigrams
entity_description  every value of an entity with its sources
entity_list         all entities of a class, narrowed by facets, counted, sorted and in pages, by SQL
schema_card         classes and properties, and how often each is used
data_profile        what is in any RDF data, for somebody who sees it for the first time
profile_formats     the same as VoID, and as a page
source_conflicts    conflicts between sources, and how often sources agree
phrases             terms, triples, axioms and citations in words
"""
