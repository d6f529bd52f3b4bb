"""Commands that explain: why a triple holds, why it does not, and by which rules anything follows."""

from __future__ import annotations

import argparse

from kg.cli.command import Commands, graph_of, say, write


def add_commands(commands: Commands) -> None:
    """why, why-not, rules."""
    why = commands.add("why", "Explain why a triple holds, down to the passages of the sources.", _why)
    _add_triple(why)
    formats = ("text", "json", "proof", "turtle", "mermaid", "svg")
    why.add_argument("-f", "--format", choices=formats, default="text", help="default: text")
    why.add_argument("-o", "--output", metavar="FILE", help="write there; - is stdout")
    why.add_argument("--all", action="store_true", help="every explanation, not only a shortest one")
    why.add_argument("--limit", metavar="N", type=int, default=20, help="at most N explanations; default: 20")
    why.add_argument("--texts", metavar="DIR", help="the folder of source texts, to quote passages from")
    missing = "Name the rules that could give a triple, and the premises that are missing."
    why_not = commands.add("why-not", missing, _why_not)
    _add_triple(why_not)
    rules = commands.add("rules", "Print the rules of the ontology in words, as the reasoner runs them.", _rules)
    rules.add_argument("word", metavar="WORD", nargs="?", help="only rules with this word")


def _add_triple(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="S", help="a label, alias, CURIE or IRI")
    parser.add_argument("property", metavar="P", help="a property, such as film:director or director")
    parser.add_argument("value", metavar="O", help="a thing by any name, or a literal's text")


def _why(call: argparse.Namespace) -> int:
    from kg.explain.why_formats import write_why

    graph = graph_of(call)
    triple = graph.triple(call.subject, call.property, call.value)
    if call.all:
        found = graph.explainer.explain_all(triple, limit=call.limit)
        whys = found.all
        if not found.complete:
            say(f"There may be more explanations than these {len(whys)}: see --limit.")
    else:
        whys = tuple(why for why in (graph.explainer.explain(triple),) if why or why.contested)
    if not whys:
        say("This does not hold in the graph. `kg why-not` tells what is missing.")
        return 1
    write(write_why(whys, graph.names, graph.texts(call.texts), format=call.format), call.output)
    return 0


def _why_not(call: argparse.Namespace) -> int:
    from kg.explain.why_not import write_gaps

    graph = graph_of(call)
    triple = graph.triple(call.subject, call.property, call.value)
    if graph.explainer.explain(triple):
        say("This does hold in the graph: see `kg why`.")
        return 1
    write(write_gaps(triple, graph.explainer.gaps(triple), graph.names))
    return 0


def _rules(call: argparse.Namespace) -> int:
    from kg.reasoning.rules import THING, GroundRule, rule_in_words

    def gives_nothing(rule: GroundRule) -> bool:
        return all(part[2] == THING for part in rule.head)

    graph = graph_of(call)
    word = (call.word or "").casefold()
    lines = sorted(
        f"{rule_in_words(rule)}   {rule.rule.name}" for rule in graph.explainer.rules() if not gives_nothing(rule)
    )
    shown = [line for line in dict.fromkeys(lines) if word in line.casefold()]
    write("".join(f"{line}\n" for line in shown))
    say(f"{len(shown)} rules")
    return 0
