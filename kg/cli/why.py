"""Commands that explain: `kg why`, `kg why-not`, `kg rules`, `kg check-proof`."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING

from kg.cli.command import (
    Commands,
    add_endpoint,
    add_format_of_output,
    add_texts,
    open_call_graph,
    print_message,
    read_text,
    whole_number,
    write,
)
from kg.errors import InputError
from kg.reports import did_you_mean
from kg.text.folding import closest
from kg.text.number_words import counted

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from kg.explain.why import Explanation
    from kg.filmgraph import FilmGraph


def add_commands(commands: Commands) -> None:
    """why, why-not, rules, check-proof."""
    why = commands.add("why", "Explain why a triple holds, down to the passages of the sources.", _why)
    _add_triple(why, is_value_needed=False)
    formats = ("text", "json", "proof", "turtle", "mermaid", "svg")
    add_format_of_output(why, formats, default="text")
    why.add_argument("--all", action="store_true", help="every explanation, not only a shortest one")
    why.add_argument(
        "--limit", metavar="N", type=whole_number, default=20, help="at most N explanations, or values; default: 20"
    )
    add_texts(why)
    description = "List the rules that could give a triple, and the premises that are missing."
    why_not = commands.add("why-not", description, _why_not)
    _add_triple(why_not)
    rules = commands.add(
        "rules", "Print the rules of the ontology as the reasoner runs them, with their axioms in words.", _rules
    )
    rules.add_argument("word", metavar="WORD", nargs="?", help="only rules with this word")
    check = commands.add("check-proof", "Check a proof (kg why --format proof) against the project's files.", _check)
    check.add_argument("file", metavar="FILE", help="the proof; - is stdin")


def _add_triple(parser: argparse.ArgumentParser, *, is_value_needed: bool = True) -> None:
    add_endpoint(parser)
    parser.add_argument("subject", metavar="S", help="a label, alias, CURIE or IRI")
    parser.add_argument("property", metavar="P", help="a property, such as film:director or director")
    value = "an entity by any name, or a literal's text"
    if is_value_needed:
        parser.add_argument("value", metavar="O", help=value)
    else:
        parser.add_argument("value", metavar="O", nargs="?", help=f"{value}; without it, each value is explained")


def _why(call: argparse.Namespace) -> int:
    from kg.explain.why_formats import write_why

    graph = open_call_graph(call)
    explanations: list[Explanation] = []
    triples = _triples(call, graph)
    for triple in triples:
        if call.all:
            found = graph.explainer.explain_all(triple, limit=call.limit)
            explanations += found.all
            if not found.complete:
                print_message(f"There may be more than these {len(found.all)} explanations: see --limit.")
        else:
            explanation = graph.explainer.explain(triple)
            explanations += [explanation] if explanation or explanation.contested else []
    if not explanations:
        print_message("This triple does not hold in the graph. `kg why-not` shows what is missing.")
        _say_whose(triples[0], graph)
        return 1
    write(write_why(explanations, graph.names, graph.texts(call.texts), format=call.format), call.output)
    return 0


def _triples(call: argparse.Namespace, graph: FilmGraph) -> list[Triple]:
    """The triple of a call, or, without a value, those of its entity and property: at most `--limit`."""
    if call.value is not None:
        return [graph.triple(call.subject, call.property, call.value)]
    from kg.lookup.entity_names import to_triples
    from kg.lookup.phrases import foreign_property

    triples = to_triples(graph.store, graph.names, call.subject, call.property)
    if not triples:
        foreign = foreign_property(
            graph.entity(call.subject), graph.names.property_iri(call.property), graph.store, graph.names
        )
        raise InputError(
            foreign or "The graph has no such value. `kg show` lists what it has; `kg why-not S P O` what is missing."
        )
    if len(triples) > call.limit:
        print_message(f"These are {call.limit} of {len(triples)} values: see --limit.")
    return triples[: call.limit]


def _why_not(call: argparse.Namespace) -> int:
    from kg.explain.why_formats import write_unmet_rules

    graph = open_call_graph(call)
    triple = graph.triple(call.subject, call.property, call.value)
    if graph.explainer.explain(triple):
        print_message("This triple holds in the graph: see `kg why`.")
        return 1
    write(write_unmet_rules(triple, graph.explainer.unmet_rules(triple), graph.names))
    _say_whose(triple, graph)
    return 0


def _say_whose(triple: Triple, graph: FilmGraph) -> None:
    """Print of which classes the property of a triple is, if the subject is of none of them."""
    from pyoxigraph import NamedNode

    from kg.lookup.phrases import foreign_property

    if isinstance(triple.subject, NamedNode) and (
        foreign := foreign_property(triple.subject, triple.predicate, graph.store, graph.names)
    ):
        print_message(foreign)


def _rules(call: argparse.Namespace) -> int:
    from kg.explain.why import to_triple
    from kg.lookup.phrases import axiom_in_words
    from kg.reasoning.ontology import LIST_PREDICATES
    from kg.reasoning.rules import OWL_THING, GroundRule, rule_in_words

    def has_effect(rule: GroundRule) -> bool:
        return any(value != OWL_THING for _, _, value in rule.head)

    def to_line(rule: GroundRule) -> str:
        axioms = (to_triple(axiom) for axiom in rule.axioms if axiom[1] not in LIST_PREDICATES)
        reasons = "; ".join(axiom_in_words(axiom, graph.names) for axiom in axioms if axiom is not None)
        return f"{rule_in_words(rule)}   {rule.rule.name}{f': {reasons}' if reasons else ''}"

    graph = open_call_graph(call)
    word = (call.word or "").casefold()
    lines = {to_line(rule) for rule in graph.explainer.rules() if has_effect(rule)}
    listed = sorted(line for line in lines if word in line.casefold())
    write("".join(f"{line}\n" for line in listed))
    if lines and not listed:
        words = {found.casefold(): found for line in lines for found in re.findall(r"\w{3,}", line)}
        advice = did_you_mean(closest(word, words.values())[:1])
        print_message(f"No rule has {call.word!r}. {advice} `kg rules` lists all {len(lines)}.".replace("  ", " "))
    else:
        print_message(counted(len(listed), "rule"))
    return 0


def _check(call: argparse.Namespace) -> int:
    from kg.project import find_project
    from kg.proofs.checker import ProofChecker

    try:
        document = json.loads(read_text(call.file))
    except json.JSONDecodeError as error:
        raise InputError(f"{call.file} is not JSON: {error}.") from error
    checker = ProofChecker(find_project(call.project))
    rejected = 0
    for number, proof in enumerate(document if isinstance(document, list) else [document]):
        faults = checker.errors(proof) if isinstance(proof, dict) else ["This is not a proof."]
        rejected += bool(faults)
        write("".join(f"proof {number}: {fault}\n" for fault in faults))
    print_message("Accepted." if not rejected else f"{counted(rejected, 'proof')} rejected.")
    return 1 if rejected else 0
