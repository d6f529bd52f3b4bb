"""Commands that carry the graph out."""

from __future__ import annotations

from kg.cli.command import Commands


def add_commands(commands: Commands) -> None:
    """export."""
