"""Names with clues walk in; the things that they may mean walk out, scored and explained.

The Reconciliation Service API 0.2 of the W3C's community group, as OpenRefine speaks it:
https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/. An entity is a thing of the graph with
a name; its id is the name of its IRI (`anora`), and so are those of types (`Film`) and properties (`director`). A way
through several properties is a property too: `boxOffice.amount`.
"""
