"""Commands on the built graph: `kg ask`, `sparql`, `queries`, `schema`, `show`, `facts`, `conflicts`, `decide`."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import (
    Commands,
    add_data,
    add_endpoint,
    add_format,
    add_format_of_output,
    add_spark,
    add_texts,
    find_own_project,
    memory_size,
    open_call_graph,
    open_endpoint,
    open_graph_or_data,
    parse_pairs,
    positive_integer,
    positive_number,
    print_message,
    read_text,
    terminal_width,
    whole_number,
    write,
    write_json,
)
from kg.errors import InputError
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.lookup.schema_card import SchemaCard
    from kg.lookup.source_conflicts import Conflict
    from kg.project import Project
    from kg.queries.answer import Answer
    from kg.schema import Schema

_ANSWER_FORMATS = ("table", "json", "csv", "tsv", "markdown", "turtle")


def add_commands(commands: Commands) -> None:
    """ask, sparql, queries, schema, show, facts, conflicts, decide."""
    ask = commands.add("ask", "Answer a stored query.", _ask, epilog='Example: kg ask films-directed-by "Sean Baker"')
    ask.add_argument("name", metavar="NAME", help="a name that `kg queries` lists")
    ask.add_argument(
        "values", metavar="key=value", nargs="*", default=[], help="its parameters; of a single one the value is enough"
    )
    _add_answer_options(ask)
    description = "Answer a SPARQL query about the project's graph, or with --data about any RDF files."
    sparql = commands.add("sparql", description, _sparql, epilog=_SPARQL_EPILOG)
    sparql.add_argument("file", metavar="QUERY", nargs="?", help="an .rq file, or the query itself; default: stdin")
    sparql.add_argument("-e", "--query", metavar="SPARQL", help="the query itself")
    add_data(sparql)
    sparql.add_argument("--shapes", metavar="FILE", nargs="+", action="extend", help="first validate --data with SHACL")
    engines = "what answers: auto, which chooses; columnar, that is SQL; oxigraph; both, compared"
    add_spark(sparql, ("auto", "columnar", "oxigraph", "both"), help=engines)
    sparql.add_argument(
        "--explain", action="store_true", help="show the engine, its SQL, rows and time, not the answer"
    )
    sparql.add_argument("--no-service", action="store_true", help="refuse SERVICE, whatever filmgraph.toml lists")
    _add_answer_options(sparql)
    description = "List the stored queries by topic, with their parameters and an example."
    queries = commands.add("queries", description, _queries)
    purpose = "only queries with these words or their synonyms, the best first"
    queries.add_argument("words", metavar="WORD", nargs="*", help=purpose)
    add_format(queries, ("table", "json"), default="table")
    schema = commands.add("schema", "Show the classes and properties, and how often each is used.", _schema)
    add_endpoint(schema)
    schema.add_argument("word", metavar="WORD", nargs="?", help="a class, or a word in a name or description")
    add_data(schema)
    schema.add_argument("--all", action="store_true", help="also terms without uses")
    purpose = "a profile of --data as VoID, or with html as a page"
    schema.add_argument("--profile", nargs="?", choices=("void", "html"), const="void", help=purpose)
    schema.add_argument("--json-schema", action="store_true", help="the JSON Schema of fact files, for editors")
    add_format(schema, ("table", "json"), default="table")
    show = commands.add("show", "Show everything about an entity, with sources.", _show)
    add_endpoint(show)
    show.add_argument("entity", metavar="ENTITY", help="a label, alias, CURIE or IRI")
    add_format(show, ("table", "json", "turtle"), default="table")
    facts = commands.add(
        "facts", "List the facts, one a line, each with its source and passage; contested ones last.", _facts
    )
    facts.add_argument("--about", metavar="ENTITY", help="only facts about this entity")
    facts.add_argument("--source", metavar="ID", help="only facts of this source")
    add_format(facts, ("jsonl", "csv", "table"), default="jsonl")
    conflicts = commands.add("conflicts", "List the conflicts between sources, the decisions, and why.", _conflicts)
    conflicts.add_argument("--source", metavar="ID", help="only conflicts in which this source has a fact")
    conflicts.add_argument(
        "--count", action="store_true", help="how often others agree with --source, by property, instead of the list"
    )
    add_texts(conflicts)
    add_format(conflicts, ("table", "json"), default="table")
    decide = commands.add("decide", "Decide a conflict between sources, in data/policy.yaml.", _decide)
    decide.add_argument("entity", metavar="ENTITY", help="a label, alias, CURIE or IRI")
    decide.add_argument("property", metavar="PROPERTY", help="a property, such as budget")
    wording = "the source that is right, by id or title, or the right value"
    decide.add_argument("--for", dest="choice", metavar="SOURCE|VALUE", required=True, help=wording)
    decide.add_argument("--because", metavar="TEXT", required=True, help="the reason, for those who read the policy")


# --- ask, sparql


def _add_answer_options(parser: argparse.ArgumentParser) -> None:
    add_format_of_output(parser, _ANSWER_FORMATS, default="table")
    parser.add_argument("--why", action="store_true", help="explain each row, down to the sources")
    add_texts(parser)
    parser.add_argument("--labels", action="store_true", help="a column with labels beside each column of entities")
    parser.add_argument("--limit", metavar="N", type=whole_number, help="at most N rows")
    parser.add_argument("--timeout", metavar="SECONDS", type=positive_number, help="stop after this time")
    parser.add_argument("--memory", metavar="SIZE", type=memory_size, help="stop when it needs more, such as 2GB")
    parser.add_argument(
        "--max-bytes", metavar="N", type=positive_integer, help="rows whose values have at most N bytes"
    )
    add_endpoint(parser)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, and how the answer is written: all that a worker process needs."""

    format: str
    why: bool
    texts: str | None
    name: str = ""
    single_value: str | None = None
    """The value of the only parameter that the stored query requires, given without its name."""
    values: dict[str, object] | None = None
    sparql: str = ""
    limit: int | None = None
    max_bytes: int | None = None
    services: bool = False
    width: int | None = None
    """The columns of the terminal that a table is written to."""
    labels: bool = False
    engine: str = "auto"
    explain: bool = False


def _ask(call: argparse.Namespace) -> int:
    single, values = parse_pairs(call.values)
    question = _Question(
        call.format,
        call.why,
        call.texts,
        name=call.name,
        single_value=single,
        values=values,
        limit=call.limit,
        max_bytes=call.max_bytes,
        width=terminal_width(call.output),
        labels=call.labels,
    )
    return _write_answer(call, question)


def _sparql(call: argparse.Namespace) -> int:
    text = _query_text(call)
    services = not call.no_service
    question = _Question(
        call.format,
        call.why,
        call.texts,
        sparql=text,
        limit=call.limit,
        max_bytes=call.max_bytes,
        services=services,
        width=terminal_width(call.output),
        labels=call.labels,
        engine=call.engine,
        explain=call.explain,
    )
    return _write_answer(call, question)


def _query_text(call: argparse.Namespace) -> str:
    """The query: from -e, a file, stdin, or the words of the call itself; an option may have taken them for a file."""
    if call.query is not None:
        return str(call.query)
    for files in (call.data, call.ontology, call.shapes):
        if call.file is None and files and _is_query(files[-1]):
            call.file = files.pop()
    if call.file is None or call.file == "-":
        if call.data and "-" in call.data:
            raise InputError("stdin has the data: give the query as a file, or with -e.")
        return read_text("-")
    is_text = "{" in call.file or _BEGINS_LIKE_SPARQL.match(call.file) is not None
    return str(call.file) if is_text and not _is_file(call.file) else read_text(call.file)


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # a query is longer than the name of a file may be
        return False


def _is_query(word: str) -> bool:
    """True for a query, or the name of a file that has one: never the name of data."""
    is_text = "{" in word or _BEGINS_LIKE_SPARQL.match(word) is not None
    return word.endswith((".rq", ".sparql")) or (is_text and any(c.isspace() for c in word))


_BEGINS_LIKE_SPARQL = re.compile(r"\s*(?:prefix|base|select|ask|construct|describe)\s", re.IGNORECASE)
"""A query, also one without its braces."""


_SPARQL_EPILOG = 'Example: kg sparql --data people.ttl "SELECT * { ?person foaf:name ?name }"'


def _write_answer(call: argparse.Namespace, question: _Question) -> int:
    has_data = question.sparql and call.data
    is_limited = call.timeout is not None or call.memory is not None
    graph = open_graph_or_data(call) if has_data or not is_limited else open_endpoint(call)
    status = _validate(graph, call.shapes) if has_data and call.shapes and graph is not None else 0
    if not is_limited:
        assert graph is not None
        text, notes = _answer(graph, question)
    else:
        from kg.loaded_graph import open_local_graph
        from kg.workers.client import run_with_timeout
        from kg.workers.worker import WorkerSetup

        setup = WorkerSetup(
            partial(open_local_graph, call.project) if graph is None else graph.opener(), memory=call.memory
        )
        text, notes = run_with_timeout(setup, _answer, question, seconds=call.timeout)
    write(text, call.output)
    for note in notes:
        print_message(note)
    return status


def _validate(graph: FilmGraph | None, shapes: list[str]) -> int:
    """Print what SHACL shapes find in the data; 1 when that includes a violation."""
    from kg.loaded_graph import LoadedGraph

    assert isinstance(graph, LoadedGraph)
    report = graph.validate(shapes)
    for finding in report:
        print_message(str(finding))
    return 0 if report.ok else 1


def _answer(graph: FilmGraph, question: _Question) -> tuple[str, list[str]]:
    """The text of an answer, and notes on an answer without rows."""
    if question.explain:
        return graph.explain_query(question.sparql, engine=question.engine), []
    if question.name:
        given = question.values or {}
        if question.single_value is not None:
            given = {graph.queries.find(question.name).sole_parameter: question.single_value} | given
        answer = graph.ask_with(question.name, given, limit=question.limit, max_bytes=question.max_bytes)
    else:
        answer = graph.sparql(
            question.sparql,
            limit=question.limit,
            max_bytes=question.max_bytes,
            services=question.services,
            engine=question.engine,
        )
    if question.labels and answer.kind != "rows":
        raise InputError("--labels has no effect on an answer without columns: only SELECT and stored queries have.")
    notes = _engine_notes(question, answer)
    if question.why:
        from kg.explain.why_formats import explain_answer

        text = explain_answer(graph.explainer, answer, texts=graph.texts(question.texts), format=question.format)
    elif question.format == "table" and answer.kind == "rows":
        from kg.queries.formats import to_table

        text = to_table(answer.with_labels() if question.labels else answer, width=question.width)
    else:
        text = answer.to_text(question.format, labels=question.labels)
    if not answer.complete and question.format in ("csv", "tsv", "turtle"):
        return text, [*notes, "There are more: this answer was cut at a limit."]
    if answer.kind == "rows" and answer and not answer.name:
        from kg.explain.unbound_variables import find_unbound

        return text, [*notes, *map(str, find_unbound(question.sparql))]
    if answer.kind != "rows" or answer:
        return text, notes
    notes += [*graph.explain_empty(answer, contested_remedy="see `kg conflicts`, or query GRAPH graph:contested")]
    if answer.name and (because := graph.queries[answer.name].because):
        notes.append(f"About {answer.name}: {because}.")
    return text, notes


def _engine_notes(question: _Question, answer: Answer) -> list[str]:
    """A note where Spark was asked for and did not answer."""
    if question.engine.partition("=")[0] != "spark" or answer.engine == "spark":
        return []
    return ["Oxigraph answered: Spark does not run this query; --explain says why."]


# --- queries, schema


def _queries(call: argparse.Namespace) -> int:
    from kg.project import find_project
    from kg.queries.query_search import QueryIndex, complete_matches
    from kg.queries.stored_query import StoredQueries
    from kg.schema import Schema, read_ontology, to_schema

    project = find_project(call.project)
    queries = StoredQueries(project.queries)
    findings = list(queries.findings())
    listed = list(queries.valid())
    schema, words = Schema({}, {}), " ".join(call.words)
    if words:
        schema = to_schema(read_ontology(project.ontology))
        listed = complete_matches(QueryIndex(listed, schema).search(words))
    if call.format == "json":
        write_json([query.as_dict() for query in listed])
    elif not listed:
        write(_no_queries(words, queries, schema))
    else:
        count = counted(len(listed), "query", "queries")
        for topic, group in groupby(listed, key=lambda query: "" if words else query.topic):
            write(f"{topic}/\n\n" if topic else "")
            write("".join(f"{query.to_text()}\n" for query in group))
        write(f"({count})\n")
        # A word that names a property asks for its values, which few stored queries are about.
        if words and (values := [*_values_of(words, queries, schema), *_rankings(words)]):
            write("See also\n" + "\n".join(values) + "\n")
    for finding in findings:
        print_message(str(finding))
    return 1 if findings else 0


def _values_of(words: str, queries: Mapping[str, object], schema: Schema) -> list[str]:
    """Lines with commands for the values of the properties that some words name."""
    from kg.schema import suggest_terms
    from kg.text.folding import Naming

    if "description-of" not in queries:
        return []
    named = suggest_terms(words, schema.properties.values())
    return [
        f"  kg ask description-of entity=... property={term.name}"
        for term in named
        if term.named_by(words) in (Naming.NAME, Naming.OTHER_NAME)
    ]


_SUPERLATIVES = {"most", "least", "top", "highest", "lowest", "longest", "shortest", "biggest", "largest", "smallest"}


def _rankings(words: str) -> list[str]:
    """A line with a command that ranks films, where the words ask for those with the most or least of something."""
    if _SUPERLATIVES.isdisjoint(words.lower().split()):
        return []
    query = "SELECT ?film ?value { ?film film:runningTime ?value } ORDER BY DESC(?value)"
    return [
        f'  kg sparql -e "{query}"',
        "    ranks films; likewise by film:budget/film:amount or film:boxOffice/film:amount",
    ]


def _no_queries(words: str, queries: Mapping[str, object], schema: Schema) -> str:
    """What else to try when no stored query has the words of a search."""
    if not words:
        return "The project has no stored queries.\n"
    lines = [f"No stored query has {words!r}. Try", *_values_of(words, queries, schema), *_rankings(words)]
    lines += [f"  kg schema {shlex.quote(words)}"]
    if "entities-by-name" in queries:
        lines += [f"  kg ask entities-by-name {shlex.quote(f'word={words}')}"]
    return "\n".join((*lines, "or list all stored queries with `kg queries`.")) + "\n"


def _schema(call: argparse.Namespace) -> int:
    if call.json_schema:
        return _json_schema(call)
    from kg.loaded_graph import LoadedGraph
    from kg.project import find_project

    if call.data and call.word is None and len(call.data) > 1 and not Path(call.data[-1]).exists():
        call.word = call.data.pop()
    if not call.data and call.endpoint is None and not (project := find_project(call.project)).has_build:
        return _schema_of_ontology(call, project)
    graph = open_graph_or_data(call)
    if call.profile and not isinstance(graph, LoadedGraph):
        raise InputError("--profile needs --data; the profile of a project's graph is at /void of kg serve.")
    if isinstance(graph, LoadedGraph):
        profile = graph.schema().matching(call.word) if call.word else graph.schema()
        if call.profile:
            from kg.lookup.profile_formats import to_html, to_void

            write(to_void(profile) if call.profile == "void" else to_html(profile, ", ".join(graph.files)))
        elif call.format == "json":
            write_json(profile.as_dict())
        else:
            write(profile.to_text())
        return 0
    card = graph.schema()
    row = card.find_class(call.word) if call.word else None
    if row is not None and not call.all:
        from kg.lookup.schema_card import read_class_properties, write_class_card
        from kg.terms import to_iri

        properties = read_class_properties(graph.store, graph.ontology, to_iri(row.curie))
        if call.format == "json":
            write_json([property.as_dict() for property in properties])
        else:
            write(write_class_card(row, properties, called_so=card.properties_named(call.word)))
        return 0
    if row is not None:
        card = replace(card, classes=[row], kinds=[], properties=card.properties_of(row, graph.ontology))
    else:
        card = card.matching(call.word or "")
    if call.format == "json":
        write_json(card.as_dict())
    elif text := card.to_text(all_terms=call.all):
        write(f"{text if call.word else _with_introduction(text)}\n{_SCHEMA_USAGE}\n")
    else:
        write(_no_terms(call.word or "", card, graph.ontology))
    return 0


def _json_schema(call: argparse.Namespace) -> int:
    from kg.facts.json_schema import to_json_schema
    from kg.project import find_project
    from kg.schema import read_ontology, to_schema

    write_json(to_json_schema(to_schema(read_ontology(find_project(call.project).ontology))))
    return 0


def _schema_of_ontology(call: argparse.Namespace, project: Project) -> int:
    """The terms of a project without a graph: nothing is used yet, so all are shown."""
    from kg.lookup.schema_card import read_ontology_card
    from kg.schema import read_ontology, to_schema

    triples = read_ontology(project.ontology)
    schema, card = to_schema(triples), read_ontology_card(triples)
    if (row := card.find_class(call.word or "", is_used=False)) is not None:
        of_class = card.properties_of(row, schema)
        card = replace(card, classes=[row], kinds=[], properties=of_class)
    else:
        card = card.matching(call.word or "")
    if call.format == "json":
        write_json(card.as_dict())
    elif text := card.to_text(all_terms=True):
        write(f"{text}\n{_SCHEMA_USAGE}\n")
    else:
        write(_no_terms(call.word or "", card, schema))
    print_message("This project has no graph yet, so nothing is used yet.")
    return 0


def _with_introduction(text: str) -> str:
    from kg.lookup.schema_card import INTRODUCTION

    return f"{INTRODUCTION}\n{text}"


_SCHEMA_USAGE = (
    "`kg schema Film` shows the properties of films; `kg schema WORD` the terms that\n"
    "people call so, and those with that word."
)


def _no_terms(word: str, card: SchemaCard, schema: Schema) -> str:
    """What to try when no class or property that is in use has a word."""
    from kg.reports import did_you_mean
    from kg.schema import suggest_terms
    from kg.terms import to_curie

    if unused := [row.curie for row in (*card.classes, *card.properties, *card.kinds)]:
        return (
            f"The graph does not use {', '.join(unused[:5])}. `kg schema --all {shlex.quote(word)}` describes them.\n"
        )
    terms = suggest_terms(word, (*schema.types.values(), *schema.properties.values()))
    advice = did_you_mean([to_curie(term.iri.value) for term in terms])
    sentence = f"No class or property has the word {word!r}. {advice}".rstrip()
    return f"{sentence}\n`kg schema` lists them all, --all also those without uses.\n"


# --- show, facts, conflicts


def _show(call: argparse.Namespace) -> int:
    graph = open_call_graph(call)
    if call.format == "turtle":
        write(graph.sparql(f"DESCRIBE {graph.entity(call.entity)}").to_text("turtle"))
    elif call.format == "json":
        write_json(graph[call.entity].as_dict())
    else:
        write(graph[call.entity].to_text())
    return 0


def _facts(call: argparse.Namespace) -> int:
    import json

    from kg.facts.model import FACT_COLUMNS, to_row

    graph = open_call_graph(call)
    about = graph.entity(call.about) if call.about else None
    source = graph.source_id(call.source) if call.source else None
    accepted = ((fact, "") for fact in graph.facts())
    contested = ((lost.fact, lost.kind.value) for lost in graph.provenance.contested())
    rows = (
        to_row(fact) | {"status": status}
        for fact, status in chain(accepted, contested)
        if about in (None, fact.subject) and source in (None, fact.evidence.source)
    )
    if call.format == "jsonl":
        for row in rows:
            write(json.dumps(row, ensure_ascii=False) + "\n")
    elif call.format == "csv":
        import csv

        writer = csv.DictWriter(sys.stdout, (*FACT_COLUMNS, "status"), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    else:
        from kg.text.table import format_table

        names = ("subject", "property", "value", "source", "start", "end")
        write(format_table(names, [["" if row[name] is None else str(row[name]) for name in names] for row in rows]))
    return 0


def _conflicts(call: argparse.Namespace) -> int:
    from kg.lookup.source_conflicts import write_conflicts

    graph = open_call_graph(call)
    source = graph.source_id(call.source) if call.source else None
    if call.count:
        return _count_agreement(call, graph, source)
    conflicts = graph.conflicts(source)
    if call.format == "json":
        write_json([conflict.as_dict() for conflict in conflicts])
    else:
        write("".join(write_conflicts(conflicts, graph.names, graph.provenance, graph.texts(call.texts))))
        _advise(conflicts)
    return 0


def _advise(conflicts: Sequence[Conflict]) -> None:
    """Say that there is no conflict, or how one is decided that is not."""
    from kg.terms import to_short

    fact = next((lost.fact for each in conflicts for lost in each.contested if lost.is_undecided), None)
    if not conflicts:
        print_message("There are no conflicts.")
    elif fact is not None:
        words = f"{to_short(fact.subject)} {to_short(fact.property)}".replace("film:", "")
        print_message(f'Decide one with: kg decide {words} --for {fact.evidence.source} --because "..."')


def _decide(call: argparse.Namespace) -> int:
    from kg.decisions.decide import write_decision
    from kg.lookup.source_conflicts import find_conflicts, find_side
    from kg.terms import to_short

    find_own_project(call)
    graph = open_call_graph(call)
    entity, property = graph.entity(call.entity), graph.names.property_iri(call.property)
    conflicts = find_conflicts(graph.provenance, subject=entity)
    conflict = next((conflict for conflict in conflicts if conflict.contested[0].fact.property == property), None)
    label = f"{graph.names.label(property)} of {graph.names.label(entity)}"
    if conflict is None:
        raise InputError(f"There is no conflict about the {label}; `kg conflicts` lists them all.")
    choice = find_side(conflict, call.choice, graph.provenance)
    entity_name, property_name = (to_short(iri).removeprefix("film:") for iri in (entity, property))
    path = graph.project.data / "policy.yaml"
    write_decision(path, entity=entity_name, property=property_name, choice=choice, because=call.because)
    print_message(f"Decided for {choice}: the {label}. It is in data/policy.yaml; run kg build.")
    return 0


def _count_agreement(call: argparse.Namespace, graph: FilmGraph, source: str | None) -> int:
    from kg.lookup.source_conflicts import measure_agreement, write_agreements

    if source is None:
        raise InputError(f"--count requires --source, such as --source {next(iter(graph.provenance.sources))}")
    agreements = measure_agreement(graph.provenance, source)
    if call.format == "json":
        write_json([agreement.as_dict() for agreement in agreements])
    else:
        write(write_agreements(agreements, graph.names))
    return 0
