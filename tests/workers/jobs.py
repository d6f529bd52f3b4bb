"""What workers are asked to do in tests."""

from __future__ import annotations

import os
import time
from pathlib import Path

from kg.filmgraph import FilmGraph


def find_film(graph: FilmGraph, name: str) -> tuple[int, str]:
    """The process that does this, and the IRI of the entity of this name."""
    return os.getpid(), graph.entity(name).value


def sleep_long(_subject: object) -> None:
    """Take longer than anybody waits."""
    time.sleep(3600)


def stop_itself(_subject: object) -> None:
    """End the process without a word."""
    os._exit(3)


def print_and_repeat(_subject: object, size: int) -> str:
    """A long text, after some words on stdout."""
    print("a word on stdout", flush=True)
    return "x" * size


def read_file(_subject: object, path: Path) -> str:
    """What is in a file."""
    return path.read_text(encoding="utf-8")


def take_memory(_subject: object, size: int) -> int:
    """Take so many bytes."""
    return len(bytearray(size))
