"""What notebooks show and complete: entities, the schema, explanations, reports, rows."""

from __future__ import annotations

from kg.reports import Finding, Place, Report
from tests.projects import SmallProject


def test_notebooks_show_entities_schema_and_explanations(anora: SmallProject) -> None:
    graph = anora.open()
    entity = graph["Anora"]._repr_html_()
    assert "<h3>Anora</h3>" in entity
    assert "<td>director</td><td>Sean Baker (film:sean-baker)</td><td>encyclopedia</td>" in entity
    assert "<td>film:director</td>" in graph.schema()._repr_html_()
    drawing = graph.why("Anora", "director", "Sean Baker")._repr_html_()
    assert drawing is not None
    assert drawing.startswith("<svg")
    assert {"Anora", "Sean Baker"} <= set(graph._ipython_key_completions_())
    [row] = graph.sparql("SELECT ?film { ?film film:director ?d }")
    assert "film" in dir(row)


def test_a_notebook_shows_a_report_as_a_table() -> None:
    finding = Finding("facts/x", "a <b> is wrong", places=(Place("data/a.yaml", 2, 3),))
    assert "<td>data/a.yaml:2:3</td><td>a &lt;b&gt; is wrong. </td>" in Report((finding,))._repr_html_()
    assert Report()._repr_html_() == "<p>No findings.</p>"
