"""Commands for SPARQL stores of others: `kg load-script` fills one, `kg check-store` checks it."""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path

from kg.cli.command import Commands, add_output, memory_size, positive_integer, print_message, write
from kg.errors import InputError
from kg.text.number_words import counted

_STORES = ("virtuoso", "qlever", "graphdb", "neptune", "fuseki")


def add_commands(commands: Commands) -> None:
    """load-script, check-store."""
    description = "Print a script that loads an export into a SPARQL store, with settings that fit its size."
    epilog = "Example: kg export -f nquads --split 8 -o export; kg load-script virtuoso export -o load.sh; sh load.sh"
    script = commands.add("load-script", description, _load_script, epilog=epilog)
    script.add_argument("store", metavar="STORE", choices=_STORES, help=", ".join(_STORES))
    script.add_argument("folder", metavar="FOLDER", help="the folder of `kg export --split`")
    script.add_argument("--triples", metavar="N", type=positive_integer, help="how many; default: those of the build")
    memory = "for the store, such as 16GB; default: by the triples"
    script.add_argument("--memory", metavar="SIZE", type=partial(memory_size, unit="GB"), help=memory)
    script.add_argument("--cores", metavar="N", type=positive_integer, help="for the loader; default: of this machine")
    add_output(script)
    check = commands.add("check-store", "Check that a SPARQL store answers as the build does.", _check_store)
    check.add_argument("endpoint", metavar="URL", help="the store's SPARQL endpoint")
    check.add_argument("--timeout", metavar="SECONDS", type=positive_integer, default=60, help="default: 60")


def _load_script(call: argparse.Namespace) -> int:
    from kg.endpoints.load_scripts import LoadPlan, default_memory, write_load_script

    folder = Path(call.folder).resolve()
    if "'" in str(folder) or "\n" in str(folder):
        raise InputError(f"{folder} cannot be named in a script of a loader: use another folder.")
    triples = call.triples if call.triples is not None else _triples_of_build(call)
    memory = max(1, call.memory // 10**9) if call.memory is not None else default_memory(triples)
    plan = LoadPlan(str(folder), triples, memory, call.cores if call.cores is not None else os.cpu_count() or 1)
    write(write_load_script(call.store, plan), call.output)
    return 0


def _triples_of_build(call: argparse.Namespace) -> int:
    from kg.project import COUNTS, find_project

    counts = json.loads((find_project(call.project).current_build / COUNTS).read_text(encoding="utf-8"))
    return int(counts.get("triples", 0)) + int(counts.get("quads", 0))


def _check_store(call: argparse.Namespace) -> int:
    from kg.endpoints.endpoint_graph import connect
    from kg.endpoints.store_check import check_store

    wrong = steps = 0
    slowest, seconds = "", 0.0
    for step in check_store(connect(call.endpoint, call.project, timeout=call.timeout)):
        steps += 1
        if step.problem:
            wrong += 1
            write(f"{step.name}: {step.problem}\n")
        if step.seconds > seconds:
            slowest, seconds = step.name, step.seconds
    counts = f"{counted(steps, 'check')}, {counted(wrong, 'problem')}"
    print_message(f"{counts}; the slowest was {slowest}, {seconds:.2f} seconds.")
    return 1 if wrong else 0
