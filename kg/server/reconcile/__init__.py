"""The Reconciliation Service API 0.2 of the W3C's community group, as OpenRefine uses it.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/

    routes.py             URLs, batches, JSONP
    requests.py           JSON as it was sent -> queries
    candidate_scoring.py  candidates, each with a score and the features that explain it
    data_extension.py     values of properties, as a table takes them
    suggest.py            suggestions while typing, flyouts, previews, and the manifest that lists them all
    graph_terms.py        entities, types and properties by their ids

An entity of the service is an entity of the graph with a name; its id is the local part of its IRI (`anora`), and so
are those of types (`Film`) and properties (`director`). A path through several properties is a property, too:
`boxOffice.amount`.
"""
