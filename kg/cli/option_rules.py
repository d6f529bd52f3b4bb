"""Options that have an effect only beside others: what a call states without effect is refused."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kg.cli.link import FILES, PROJECT, link_task
from kg.errors import InputError

_Call = argparse.Namespace


@dataclass(frozen=True, slots=True)
class OptionRule:
    """Options of some commands, the calls in which they have an effect, and why they have none in others."""

    commands: tuple[str, ...]
    options: tuple[str, ...]
    has_effect: Callable[[_Call], object]
    reason: str


_FILES = "--data"


def _is_link(*tasks: str) -> Callable[[_Call], bool]:
    return lambda call: link_task(call) in tasks


RULES = (
    OptionRule(
        ("sparql", "schema", "serve"),
        ("infer", "ontology"),
        lambda call: call.data,
        f"without {_FILES}: a project's graph is inferred when it is built",
    ),
    OptionRule(
        ("sparql", "schema", "serve"),
        ("input_format", "rdf"),
        lambda call: call.data,
        f"without {_FILES}: it says how those files are read",
    ),
    OptionRule(
        ("sparql",),
        ("shapes",),
        lambda call: call.data,
        f"without {_FILES}: a project's graph is validated when it is built",
    ),
    OptionRule(
        ("sparql", "schema", "serve"),
        ("endpoint",),
        lambda call: not call.data,
        f"with {_FILES}: the files are asked, not an endpoint",
    ),
    OptionRule(
        ("sparql",),
        ("format", "why", "labels", "limit", "max_bytes"),
        lambda call: not call.explain,
        "with --explain, which shows how a query is answered, not its answer",
    ),
    OptionRule(
        ("ask", "sparql"), ("texts",), lambda call: call.why, "without --why: only explanations quote the source texts"
    ),
    OptionRule(
        ("ask", "sparql"),
        ("format",),
        lambda call: not call.why or call.format == "json",
        "with --why: explanations are text or JSON",
    ),
    OptionRule(("ask", "sparql"), ("labels",), lambda call: not call.why, "with --why: explanations have labels"),
    OptionRule(
        ("schema",),
        ("word", "data", "endpoint", "all", "profile", "format"),
        lambda call: not call.json_schema,
        "with --json-schema, which is about all of the project's ontology",
    ),
    OptionRule(("schema",), ("format",), lambda call: not call.profile, "with --profile, which is VoID or a page"),
    OptionRule(
        ("schema",), ("all",), lambda call: not call.data, f"with {_FILES}: a profile has the terms that are used"
    ),
    OptionRule(
        ("conflicts",),
        ("texts",),
        lambda call: call.format == "table" and not call.count,
        "with --count or --format json, which quote no source texts",
    ),
    OptionRule(
        ("why",),
        ("limit",),
        lambda call: call.value is None or call.all,
        "for one value without --all: one shortest explanation is shown",
    ),
    OptionRule(
        ("why",),
        ("texts",),
        lambda call: call.format not in ("proof", "turtle"),
        "with --format proof or turtle, which cite passages by their characters",
    ),
    OptionRule(
        ("check", "validate"),
        ("limit",),
        lambda call: call.format == "text",
        "with --format {format}, which has every finding",
    ),
    OptionRule(
        ("ontology",), ("output",), lambda call: call.action == "diagram", "with lint, which prints its findings"
    ),
    OptionRule(
        ("ontology",),
        ("input_format", "rdf"),
        lambda call: call.action == "lint",
        "with diagram, which reads files by their suffix",
    ),
    OptionRule(
        ("infer",),
        ("memory",),
        lambda call: call.engine == "sql",
        "with --engine {engine}: only sql moves what is too large to disk",
    ),
    OptionRule(
        ("import table",),
        (
            "mapping", "engine", "source", "title", "publisher", "date", "language", "address", "licence", "retrieved",
            "parquet", "dry_run", "format",
        ),
        lambda call: not call.guess,
        "with --guess, which imports nothing",
    ),
    OptionRule(("import table",), ("output",), lambda call: call.guess, "without --guess: tables go to data/imports/"),
    OptionRule(
        ("serve",),
        ("watch",),
        lambda call: not call.data and call.endpoint is None,
        f"with {_FILES} or --endpoint: only a project is built again",
    ),
    OptionRule(("mcp",), ("host", "port", "name"), lambda call: call.http, "without --http: nothing is listened on"),
    OptionRule(
        ("link",),
        ("cause", "list", "accept_above", "undo", "log", "web"),
        _is_link("review"),
        "without the task: kg link review",
    ),
    OptionRule(("link",), ("port",), lambda call: call.web, "without --web"),
    OptionRule(("link",), ("between", "dry_run"), _is_link(PROJECT), "except where a project is linked: kg link"),
    OptionRule(
        ("link",),
        ("kind", "same", "different", "precision", "report"),
        _is_link(PROJECT, FILES),
        "with kg link {task}: it is for linking a project or two files",
    ),
    OptionRule(
        ("link",),
        ("limit",),
        lambda call: link_task(call) in (FILES, "review") or call.format == "json",
        "here: it bounds the pairs of kg link review, of two files, and of --format json",
    ),
    OptionRule(("link",), ("limit",), lambda call: link_task(call) not in ("why", "split"), "for one pair"),
    OptionRule(("link",), ("format",), lambda call: link_task(call) != "split", "with kg link split"),
    OptionRule(
        ("link",), ("format",), lambda call: not (call.web or call.log), "with --web and --log, which have one form"
    ),
)  # fmt: skip
"""Every option that has an effect only in some calls of its command."""


def check_options(call: _Call) -> None:
    """Raise `InputError` for the first option of a call that is stated and has no effect in it."""
    kind = getattr(call, "kind", None)
    name = f"{call.command} {kind}" if isinstance(kind, str) else call.command
    for rule in RULES:
        if name in rule.commands and not rule.has_effect(call) and (stated := next(_stated(call, rule.options), "")):
            words = {"task": link_task(call) if call.command == "link" else "", **vars(call)}
            raise InputError(f"{stated} has no effect {rule.reason.format_map(words)}.")


def _stated(call: _Call, options: Iterable[str]) -> Iterator[str]:
    """Yield those of some options that a call states with another value than their default, as they are written."""
    for option in options:
        action = next(action for action in call.parser._actions if action.dest == option)
        default = getattr(call, "default_format", None) if option == "format" else None
        if getattr(call, option) != (default or action.default):
            flag = action.option_strings[-1] if action.option_strings else str(action.metavar)
            yield f"{flag} {getattr(call, option)}" if action.choices and action.nargs != 0 else flag
