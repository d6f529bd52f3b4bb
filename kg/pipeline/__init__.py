"""The pipeline from a project's files to a published graph.

build                a graph that is stored and published, or only checked
draft                read, link, decide, infer, check: the graph before it is stored
new_project          a new project, with a first film
project_update       newer files of the ontology and queries for a project that has copies
new_source           a source added to sources.yaml, with the digest of its text
load                 RDF files of anybody, published as a build
forecast             memory, disk and time that a build will need
profile              seconds, rows and memory of the phases of a build
changed_inference    inference from the last build and the facts that have changed
inputs               the digests of a build's files, and what was read of them, for the next build
incremental_check    validates shapes only where the graph differs from the published build
watch                builds again when files change
project_passages     facts verified in the source texts, and words found there
source_locations     findings with the files and lines that caused them
"""
