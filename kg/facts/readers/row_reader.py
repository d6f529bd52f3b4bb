"""One row of a fact table as a fact, or as the findings that say what is wrong with it.

Columns: subject, property, value; and, as needed, datatype, language, source, record, start, end, as_of, rank,
written, because, paraphrase, retrieved. The property's range says what kind of term a value is, unless `datatype` or
`language` says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal

from kg.facts.dates import to_date_range
from kg.facts.files import FileFindings
from kg.facts.literals import check_value, parse_value
from kg.facts.model import FACT_COLUMNS, REQUIRED_COLUMNS, Evidence, Fact, Rank, Source
from kg.reports import Place
from kg.schema import OntologyTerm, Schema
from kg.terms import FILM, Term, to_iri
from kg.text.folding import closest


@dataclass
class RowReader:
    """Reads rows against the ontology and the sources."""

    schema: Schema
    sources: Mapping[str, Source]
    findings: FileFindings = field(default_factory=FileFindings)

    def read_row(self, row: Mapping[str, str], place: Place) -> Iterator[Fact]:
        """Yield the fact of one row, by column; or nothing, and a finding."""
        property = self._property(row["property"], place)
        source = self._source(row.get("source", ""), place)
        span = self._span(row, place)
        try:
            subject = to_iri(row["subject"])
            value = self.value(row, property) if property is not None else None
            rank = Rank(row.get("rank") or "normal")
            for name in ("as_of", "retrieved"):
                if day := row.get(name, ""):
                    to_date_range(day)
            if (paraphrase := row.get("paraphrase", "")) not in ("", "true", "false"):
                raise ValueError(f"paraphrase is true or false, not {paraphrase!r}")
        except ValueError as error:
            path = property.iri if property is not None else None
            self.findings.add("value", str(error), place, path=path, value=row["value"])
            return
        if property is None or value is None or source is None or span is None:
            return
        if not self.schema.allows(property.iri, value):
            self.findings.add_not_allowed(property.iri, row["value"], self.schema, place)
            return
        evidence = Evidence(source, span[0], span[1], row.get("record", ""), row.get("retrieved", ""))
        yield Fact(
            subject,
            property.iri,
            value,
            evidence,
            row.get("written", ""),
            row.get("as_of", ""),
            rank,
            row.get("because", ""),
            paraphrase == "true",
            place,
        )

    def value(self, row: Mapping[str, str], property: OntologyTerm) -> Term:
        """The value of a row; raises `ValueError` when it is not a value of the property."""
        if not row["value"]:
            raise ValueError(f"{property.name} has no value")
        if datatype := row.get("datatype", ""):
            iri = to_iri(datatype)
            if iri.value.startswith(FILM):
                raise ValueError(f"{datatype!r} is not a datatype, like xsd:integer or xsd:date")
            literal = Literal(row["value"], datatype=iri)
            check_value(literal, property)
            return literal
        return parse_value(row["value"], property, lang=row.get("language", ""))

    def _property(self, name: str, place: Place) -> OntologyTerm | None:
        property = self.schema.property_named(name)
        if property is None:
            self.findings.add_unknown_property(name, self.schema, place)
        return property

    def _source(self, name: str, place: Place) -> str | None:
        id = name.removeprefix("source:")
        if id in self.sources:
            return id
        message = f"unknown source {id!r}" if id else "the row has no source"
        suggestions = closest(id, list(self.sources))
        remedy = "List it in data/sources.yaml." if id else "Fill the column source."
        self.findings.add("unknown-source", message, place, value=id, suggestions=suggestions, remedy=remedy)
        return None

    def _span(self, row: Mapping[str, str], place: Place) -> tuple[int | None, int | None] | None:
        start, end = row.get("start", ""), row.get("end", "")
        if not start and not end:
            return (None, None)
        if start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and int(start[:12]) < int(end[:12]):
            return (int(start[:12]), int(end[:12]))
        remedy = "Write two whole numbers, start before end."
        self.findings.add("span", f"{start!r} to {end!r} is not a span", place, remedy=remedy)
        return None

    def check_header(self, header: list[str], place: Place) -> bool:
        """True when the table can be read; else there are findings."""
        missing = [name for name in REQUIRED_COLUMNS if name not in header]
        unknown = [name for name in header if name not in FACT_COLUMNS]
        remedy = f"The columns are {', '.join(FACT_COLUMNS)}."
        if missing:
            message = f"missing column{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
            self.findings.add("columns", message, place, remedy=remedy)
        for name in unknown:
            suggestions = closest(name, list(FACT_COLUMNS))
            message = f"unknown column {name!r}"
            self.findings.add("columns", message, place, value=name, suggestions=suggestions, remedy=remedy)
        if len(set(header)) != len(header):
            self.findings.add("columns", "duplicate column", place)
        return not missing and not unknown and len(set(header)) == len(header)
