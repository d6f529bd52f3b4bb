"""Commands that look behind the rules: what an ontology does with facts, and whether a proof holds."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kg.cli.command import Commands, say, write
from kg.errors import InputError, ProjectError
from kg.project import Project, find_project
from kg.terms import to_spo


def add_commands(commands: Commands) -> None:
    """ontology lint, check-proof."""
    ontology = commands.add(
        "ontology", "Look at an ontology: what of it no rule reads, and what is dangerous.", _ontology
    )
    ontology.add_argument("action", choices=("lint",), help="lint: findings with their reasons")
    ontology.add_argument("files", metavar="FILE", nargs="*", help="RDF files; default: the project's ontology")
    check = commands.add("check-proof", "Check a proof (kg why --format proof) by the project's files alone.", _check)
    check.add_argument("file", metavar="FILE", help="the proof; - is stdin")


def _ontology(call: argparse.Namespace) -> int:
    from kg.graph.rdf_files import read_triples
    from kg.reasoning.ontology_lint import lint

    files = [Path(name) for name in call.files]
    kinds = None
    if not files:
        project = find_project(call.project)
        files, kinds = list(project.ontology), _kinds(project)
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise InputError(f"There is no file {', '.join(missing)}.")
    triples = [triple for path in files for triple in read_triples(path)]
    report = lint((map(to_spo, triples)), kinds=kinds)
    write("".join(f"{finding}\n" for finding in report))
    say(f"{len(report)} findings in {report.counts['axioms']} axioms")
    return 0 if report else 1


def _kinds(project: Project) -> set[tuple[str, str]] | None:
    """The kinds of facts in the published graph; None when there is no graph yet."""
    from kg.filmgraph import open_graph
    from kg.reasoning.ontology_lint import relations_of

    try:
        return relations_of(open_graph(project).triples())
    except ProjectError:
        return None


def _check(call: argparse.Namespace) -> int:
    from kg.explain.proof_format import ProofChecker

    try:
        text = sys.stdin.read() if call.file == "-" else Path(call.file).read_text(encoding="utf-8")
        proofs = json.loads(text)
    except OSError as error:
        raise InputError(f"{call.file}: {error.strerror}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{call.file}: this is no JSON: {error}.") from error
    checker = ProofChecker(find_project(call.project))
    wrong = 0
    for number, proof in enumerate(proofs if isinstance(proofs, list) else [proofs]):
        faults = checker.faults(proof) if isinstance(proof, dict) else ["This is no proof."]
        wrong += bool(faults)
        write("".join(f"proof {number}: {fault}\n" for fault in faults))
    say("Accepted." if not wrong else f"{wrong} proofs are wrong.")
    return 1 if wrong else 0
