"""Commands that ask the built graph."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from kg.cli.command import Commands, add_format, graph_of, pairs_of, read_text_argument, say, write
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.queries.answer import Answer

_ANSWER_FORMATS = ("table", "json", "csv", "tsv", "markdown", "turtle")


def add_commands(commands: Commands) -> None:
    """ask, sparql, queries, schema, show, facts, conflicts."""
    ask = commands.add(
        "ask", "Answer a stored query.", _ask, epilog='Example: kg ask films-directed-by "person=Sean Baker"'
    )
    ask.add_argument("name", metavar="NAME", help="a name that `kg queries` lists")
    ask.add_argument("values", metavar="key=value", nargs="*", help="the query's parameters")
    _add_answer_options(ask)
    sparql = commands.add("sparql", "Answer a SPARQL query from a file, from stdin (-), or from -e.", _sparql)
    sparql.add_argument("file", metavar="FILE", nargs="?", default="-", help="an .rq file; - is stdin")
    sparql.add_argument("-e", "--query", metavar="SPARQL", help="the query itself")
    sparql.add_argument("--no-service", action="store_true", help="refuse SERVICE, whatever filmgraph.toml lists")
    _add_answer_options(sparql)
    queries = commands.add("queries", "List the stored queries, what each takes, and an example.", _queries)
    queries.add_argument("word", metavar="WORD", nargs="?", help="only queries with this word in name, summary or tags")
    add_format(queries, ("table", "json"), default="table")
    schema = commands.add("schema", "Show the classes and properties with their uses: what SPARQL can ask.", _schema)
    schema.add_argument("word", metavar="WORD", nargs="?", help="a class, or a word in name or sentence")
    schema.add_argument("--all", action="store_true", help="also terms that nothing uses")
    add_format(schema, ("table", "json"), default="table")
    show = commands.add("show", "Show everything about a thing, grouped, with who says it.", _show)
    show.add_argument("thing", metavar="THING", help="a label, alias, CURIE or IRI")
    add_format(show, ("table", "json", "turtle"), default="table")
    facts = commands.add("facts", "List the facts, one a line, each with its source and passage.", _facts)
    facts.add_argument("--about", metavar="THING", help="only facts about this thing")
    facts.add_argument("--source", metavar="ID", help="only facts of this source")
    add_format(facts, ("jsonl", "csv", "table"), default="jsonl")
    conflicts = commands.add("conflicts", "List what sources disagree on, what was decided, and why.", _conflicts)
    conflicts.add_argument("--source", metavar="ID", help="only where this source has a say")
    conflicts.add_argument(
        "--count", action="store_true", help="how often others agree with --source, by property, instead of the list"
    )
    conflicts.add_argument("--texts", metavar="DIR", help="the folder of source texts, to quote passages from")
    add_format(conflicts, ("table", "json"), default="table")


def _add_answer_options(parser: argparse.ArgumentParser) -> None:
    add_format(parser, _ANSWER_FORMATS, default="table")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there; - is stdout")
    parser.add_argument("--why", action="store_true", help="show under each row what it rests on")
    parser.add_argument("--texts", metavar="DIR", help="the folder of source texts, to quote passages from")
    parser.add_argument("--limit", metavar="N", type=int, help="at most N rows")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="give up after so long")


def _ask(call: argparse.Namespace) -> int:
    values = pairs_of(call.values)
    _start_clock(call)
    graph = graph_of(call)
    return _answer(call, graph, graph.ask(call.name, **values))


def _sparql(call: argparse.Namespace) -> int:
    text = call.query if call.query is not None else read_text_argument(call.file)
    _start_clock(call)
    graph = graph_of(call)
    return _answer(call, graph, graph.sparql(text, limit=call.limit, services=not call.no_service))


def _answer(call: argparse.Namespace, graph: FilmGraph, answer: Answer) -> int:
    if call.why:
        from kg.explain.answer_evidence import explain_answer

        write(explain_answer(graph.explainer, answer, texts=graph.texts(call.texts), format=call.format), call.output)
    else:
        write(answer.to_text(call.format), call.output)
    if answer.kind == "rows" and not answer:
        from kg.explain.empty_answers import explain_empty

        say(str(explain_empty(graph.store, answer.query)))
        if answer.name and (because := graph.queries[answer.name].because):
            say(f"About {answer.name}: {because}.")
    return 0


def _start_clock(call: argparse.Namespace) -> None:
    """End the process when the time is over: an engine that is busy hears nothing else."""
    if call.timeout is None:
        return
    import os
    import threading

    def stop() -> None:
        sys.stderr.write(f"kg {call.command}: stopped after {call.timeout:g} seconds; nothing was written\n")
        sys.stderr.flush()
        os._exit(1)

    clock = threading.Timer(call.timeout, stop)
    clock.daemon = True
    clock.start()


def _queries(call: argparse.Namespace) -> int:
    from kg.project import find_project
    from kg.queries.stored_query import StoredQueries

    queries = StoredQueries(find_project(call.project).queries)
    broken = list(queries.findings())
    word = (call.word or "").casefold()
    sound = (queries[name] for name in queries if name not in {_query_of(str(one.place)) for one in broken})
    listed = [query for query in sound if word in query.search_text]
    if call.format == "json":
        write(json.dumps([query.as_dict() for query in listed], indent=1, ensure_ascii=False) + "\n")
    else:
        write(
            "\n".join(query.to_text() for query in listed)
            + f"\n({len(listed)} quer{'y' if len(listed) == 1 else 'ies'})\n"
        )
    for finding in broken:
        say(str(finding))
    return 1 if broken else 0


def _query_of(place: str) -> str:
    return place.partition("/")[2].partition(".rq")[0].replace("/", "-")


def _schema(call: argparse.Namespace) -> int:
    from dataclasses import asdict

    graph = graph_of(call)
    schema = graph.schema()
    kind = next((row for row in schema.classes if call.word in (row.curie, row.curie.removeprefix("film:"))), None)
    if kind is not None and kind.uses:
        from kg.lookup.schema_card import read_class_properties, write_class_card
        from kg.terms import to_iri

        rows = read_class_properties(graph.store, graph.names, to_iri(kind.curie))
        if call.format == "json":
            write(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
        else:
            write(write_class_card(to_iri(kind.curie), rows, kind.sentence))
        return 0
    schema = schema.matching(call.word or "")
    if call.format == "json":
        write(json.dumps(asdict(schema), indent=1, ensure_ascii=False) + "\n")
    else:
        write(schema.to_text(all_terms=call.all))
    return 0


def _show(call: argparse.Namespace) -> int:
    graph = graph_of(call)
    if call.format == "turtle":
        answer = graph.sparql(f"DESCRIBE {graph.entity(call.thing)}")
        write(answer.to_text("turtle"))
        return 0
    portrait = graph[call.thing]
    if call.format == "json":
        write(json.dumps(portrait.as_dict(), indent=1, ensure_ascii=False) + "\n")
    else:
        write(portrait.to_text())
    return 0


def _facts(call: argparse.Namespace) -> int:
    from kg.facts.model import COLUMNS, to_row

    graph = graph_of(call)
    about = graph.entity(call.about) if call.about else None
    source = graph.source_id(call.source) if call.source else None
    rows = (to_row(fact) for fact in graph.facts() if (about is None or fact.subject == about) and
            source in (None, fact.evidence.source))  # fmt: skip
    if call.format == "jsonl":
        for row in rows:
            write(json.dumps(row, ensure_ascii=False) + "\n")
    elif call.format == "csv":
        import csv

        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    else:
        from kg.text_table import columns_of

        names = ("subject", "property", "value", "source", "start", "end")
        write(columns_of(names, [["" if row[name] is None else str(row[name]) for name in names] for row in rows]))
    return 0


def _conflicts(call: argparse.Namespace) -> int:
    from kg.lookup.conflicts import conflict_as_dict, find_conflicts, write_conflicts

    graph = graph_of(call)
    source = graph.source_id(call.source) if call.source else None
    if call.count:
        return _agreement(call, graph, source)
    disputes = [one for one in find_conflicts(graph.provenance) if source is None or source in one.sources]
    if source is not None:
        disputes += graph.conflicts_with(source)
    if call.format == "json":
        write(json.dumps([conflict_as_dict(one) for one in disputes], indent=1, ensure_ascii=False) + "\n")
    else:
        write(write_conflicts(disputes, graph.names, graph.texts(call.texts)))
    return 0


def _agreement(call: argparse.Namespace, graph: FilmGraph, source: str | None) -> int:
    from kg.lookup.source_agreement import measure_agreement, write_agreements

    if source is None:
        raise InputError(f"--count of whom? Give --source, such as --source {next(iter(graph.provenance.sources))}")
    agreements = measure_agreement(graph.provenance, source)
    if call.format == "json":
        write(json.dumps([one.to_row() for one in agreements], indent=1, ensure_ascii=False) + "\n")
    else:
        write(write_agreements(agreements, graph.names))
    return 0
