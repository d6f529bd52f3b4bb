"""Commands that ask the built graph."""

from __future__ import annotations

import argparse
import json

from kg.cli.command import Commands, add_format, graph_of, pairs_of, read_text_argument, say, write

_ANSWER_FORMATS = ("table", "json", "csv", "tsv", "markdown", "turtle")


def add_commands(commands: Commands) -> None:
    """ask, sparql, queries, schema."""
    ask = commands.add(
        "ask", "Answer a stored query.", _ask, epilog='Example: kg ask films-of "person=Sean Baker" --why'
    )
    ask.add_argument("name", metavar="NAME", help="a name that `kg queries` lists")
    ask.add_argument("values", metavar="key=value", nargs="*", help="the query's parameters")
    _add_answer_options(ask)
    sparql = commands.add("sparql", "Answer a SPARQL query from a file, from stdin (-), or from -e.", _sparql)
    sparql.add_argument("file", metavar="FILE", nargs="?", default="-", help="an .rq file; - is stdin")
    sparql.add_argument("-e", "--query", metavar="SPARQL", help="the query itself")
    _add_answer_options(sparql)
    queries = commands.add("queries", "List the stored queries, what each takes, and an example.", _queries)
    queries.add_argument("word", metavar="WORD", nargs="?", help="only queries with this word in name, summary or tags")
    add_format(queries, ("table", "json"), default="table")
    schema = commands.add(
        "schema", "Show the classes and properties with their uses: what SPARQL can ask for.", _schema
    )
    schema.add_argument("word", metavar="WORD", nargs="?", help="only terms with this word in name or sentence")
    schema.add_argument("--all", action="store_true", help="also terms that nothing uses")
    add_format(schema, ("table", "json"), default="table")


def _add_answer_options(parser: argparse.ArgumentParser) -> None:
    add_format(parser, _ANSWER_FORMATS, default="table")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there; - is stdout")
    parser.add_argument("--why", action="store_true", help="show under each row what it rests on")
    parser.add_argument("--texts", metavar="DIR", help="the folder of source texts, to quote passages from")
    parser.add_argument("--limit", metavar="N", type=int, help="at most N rows")


def _ask(call: argparse.Namespace) -> int:
    graph = graph_of(call)
    answer = graph.ask(call.name, **pairs_of(call.values))
    write(answer.to_text(call.format), call.output)
    return 0


def _sparql(call: argparse.Namespace) -> int:
    text = call.query if call.query is not None else read_text_argument(call.file)
    answer = graph_of(call).sparql(text, most=call.limit)
    write(answer.to_text(call.format), call.output)
    return 0


def _queries(call: argparse.Namespace) -> int:
    from kg.answers.query import Queries
    from kg.project import find_project

    queries = Queries(find_project(call.project).queries)
    broken = list(queries.faults())
    word = (call.word or "").casefold()
    listed = []
    for name in queries:
        if any(str(one.place).startswith(f"queries/{name}.rq") for one in broken):
            continue
        query = queries[name]
        if word in " ".join((name, query.summary, *query.tags)).casefold():
            listed.append(query)
    if call.format == "json":
        write(json.dumps([query.as_dict() for query in listed], indent=1, ensure_ascii=False) + "\n")
    else:
        write("\n".join(query.card() for query in listed) + f"\n({len(listed)} queries)\n")
    for finding in broken:
        say(str(finding))
    return 1 if broken else 0


def _schema(call: argparse.Namespace) -> int:
    from dataclasses import asdict

    from kg.answers.schema import read_schema

    graph = graph_of(call)
    schema = read_schema(graph.store, graph.names).matching(call.word or "")
    if call.format == "json":
        write(json.dumps(asdict(schema), indent=1, ensure_ascii=False) + "\n")
    else:
        write(schema.to_text(all_terms=call.all))
    return 0
