"""Inference from the last build: the triples that changed facts give or no longer give, and what follows from these."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg.facts.fact_table import KNOWN, ProjectFacts
from kg.facts.model import Evidence, Fact
from kg.graph.triple_tables import TripleTables
from kg.reasoning.days import DATE_PROPERTIES, DAY_PROPERTIES, derive_days
from kg.reasoning.delete_rederive import infer_changes
from kg.reasoning.infer import Inference
from kg.terms import ONTOLOGY, to_term

_SPO = "s UINTEGER, p UINTEGER, o UINTEGER"
_FIND_GIVEN = f"""
CREATE OR REPLACE TEMP TABLE axiom AS SELECT s, p, o FROM former.named
    WHERE g = (SELECT id FROM former.graph WHERE iri = '{ONTOLOGY}');
CREATE OR REPLACE TEMP TABLE stated_triple AS SELECT s, p, o FROM fact
    WHERE number IN (SELECT number FROM changed_fact) UNION SELECT s, p, o FROM former.fact
    WHERE number IN (SELECT number FROM changed_fact);
CREATE OR REPLACE TEMP TABLE asserted_now AS SELECT DISTINCT f.s, f.p, f.o
    FROM (FROM fact WHERE {KNOWN}) AS f SEMI JOIN stated_triple USING (s, p, o);
CREATE OR REPLACE TEMP TABLE asserted_before AS SELECT f.s, f.p, f.o
    FROM (FROM former.triple WHERE NOT is_inferred) AS f SEMI JOIN stated_triple USING (s, p, o);
CREATE OR REPLACE TEMP TABLE asserted_new AS FROM asserted_now ANTI JOIN asserted_before USING (s, p, o);
CREATE OR REPLACE TEMP TABLE asserted_gone AS FROM asserted_before ANTI JOIN asserted_now USING (s, p, o);
INSERT INTO triple SELECT s, p, o FROM (FROM former.triple WHERE NOT is_inferred)
    ANTI JOIN asserted_gone USING (s, p, o) UNION ALL FROM asserted_new;
INSERT INTO inferred SELECT s, p, o FROM (FROM former.triple WHERE is_inferred)
    ANTI JOIN asserted_new USING (s, p, o) UNION ALL FROM asserted_gone;
CREATE OR REPLACE TEMP TABLE day_before({_SPO});
CREATE OR REPLACE TEMP TABLE day_now({_SPO});
"""
# A day that dates still give is given, whoever stated it as well.
GIVEN = """
CREATE OR REPLACE TEMP TABLE given_gone AS FROM (FROM asserted_gone UNION FROM day_before)
    ANTI JOIN day_now USING (s, p, o);
CREATE OR REPLACE TEMP TABLE given_new AS FROM (FROM asserted_new UNION FROM day_now)
    ANTI JOIN day_before USING (s, p, o);
"""


def infer_from_last(tables: TripleTables, facts: ProjectFacts) -> Inference | None:
    """Fill `triple` and `inferred` from the earlier snapshot and changed facts; None where that is not possible.

    In that case, the tables are empty. The ontology is that of the snapshot.
    """
    facts.complete()
    facts.find_changes()
    sql = tables.sql
    sql.execute(_FIND_GIVEN)
    dated = facts.ids((*DATE_PROPERTIES, *DAY_PROPERTIES))
    made = sql.execute(
        "CREATE OR REPLACE TABLE dated_entity AS SELECT DISTINCT s FROM"
        f" (FROM asserted_new UNION ALL FROM asserted_gone) WHERE p IN ({dated})"
    )
    if made.fetchall() != [(0,)]:
        dates = f"p IN ({facts.ids(DATE_PROPERTIES)}) AND s IN (SELECT s FROM dated_entity)"
        tables.add(derive_days(facts.where(f"{KNOWN} AND {dates}")), table="day_now")
        tables.add(derive_days(_dates_before(tables, dates)), table="day_before")
    sql.execute(GIVEN)
    inference = infer_changes(tables)
    if inference is None:
        for name in ("triple", "inferred"):
            sql.execute(f"DELETE FROM {name}")
    return inference


def _dates_before(tables: TripleTables, dates: str) -> Iterator[Fact]:
    """The dates that the earlier snapshot had of some entities."""
    rows = tables.sql.execute(
        "SELECT a.text, b.text, c.text FROM"
        f" (FROM former.triple WHERE NOT is_inferred AND {dates}) AS t JOIN former.term AS a ON a.id = t.s"
        " JOIN former.term AS b ON b.id = t.p JOIN former.term AS c ON c.id = t.o"
    ).fetchall()
    for row in rows:
        subject, property, value = map(to_term, row)
        assert isinstance(property, NamedNode)
        assert not isinstance(subject, Literal)
        yield Fact(subject, property, value, Evidence(""))
