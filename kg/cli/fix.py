"""The command that proposes mends of the project's YAML, and writes them when it is told to."""

from __future__ import annotations

import argparse

from kg.cli.command import Commands, say, write


def add_commands(commands: Commands) -> None:
    """fix."""
    fix = commands.add("fix", "Propose a patch for what has one plain mend; write it only with --apply.", _fix)
    fix.add_argument("--apply", action="store_true", help="change the files")


def _fix(call: argparse.Namespace) -> int:
    from kg.fixes.proposals import apply_fixes, propose_fixes, to_diff

    mends = propose_fixes(call.project)
    write(to_diff(call.project, mends))
    for mend in mends:
        say(f"{mend.finding.place}: {mend.finding.message}")
    if call.apply:
        for file in apply_fixes(call.project, mends):
            say(f"Changed: {file}")
    elif mends:
        say(f"{len(mends)} can be mended. `kg fix --apply` does it.")
    else:
        say("There is nothing that has one plain mend.")
    return 0
