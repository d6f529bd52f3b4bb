"""Functions that workers run in tests; they import little, because a worker imports this file for its first job."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph


def process_id(_subject: object) -> int:
    """The process that does this."""
    return os.getpid()


def process_id_of_template() -> int:
    """The process that has forked this one."""
    return os.getppid()


def identity(subject: int) -> int:
    """What the worker has open."""
    return subject


def append_process_id(path: Path) -> None:
    """Write the process that does this into a file."""
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")


def find_film(graph: FilmGraph, name: str) -> tuple[int, str]:
    """The process that does this, and the IRI of the entity of this name."""
    return os.getpid(), graph.entity(name).value


def run_for_ever(_subject: object) -> None:
    """Use the processor without end."""
    while True:
        pass


def sleep_long(_subject: object) -> None:
    """Take longer than anybody waits, without using the processor."""
    time.sleep(3600)


def wait_for_file(_subject: object, path: Path) -> int:
    """The process that does this, once there is such a file."""
    while not path.exists():
        time.sleep(0.01)
    return os.getpid()


def stop_itself(_subject: object) -> None:
    """End the process without a result."""
    os._exit(3)


def print_and_repeat(_subject: object, size: int) -> str:
    """A long text, after some words on stdout."""
    print("a word on stdout", flush=True)
    return "x" * size


def read_file(_subject: object, path: Path) -> str:
    """What is in a file."""
    return path.read_text(encoding="utf-8")


def connect_somewhere(_subject: object) -> None:
    """Open a connection."""
    socket.create_connection(("127.0.0.1", 9))


def take_memory(_subject: object, size: int) -> int:
    """Take so many bytes."""
    return len(bytearray(size))


def prefer_columns() -> None:
    """Have a small graph answered as a large one is: analytic queries by SQL."""
    from kg.queries import routing

    routing.SMALL, routing._FEW = 1, 0
