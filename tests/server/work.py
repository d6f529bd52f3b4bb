"""What workers are asked to do in tests; a file of its own, so that a worker has little to load for it."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path


def read_foreign_file(_graph: object, path: str) -> str:
    """What stands in a file."""
    return Path(path).read_text(encoding="utf-8")


def connect_somewhere(_graph: object) -> None:
    """Open a connection."""
    socket.create_connection(("127.0.0.1", 9))


def take_memory(_graph: object, size: int) -> int:
    """Take so many bytes."""
    return len(bytearray(size))


def wait_a_little(_graph: object) -> int:
    """The process that does this; long enough to be killed meanwhile."""
    time.sleep(0.3)
    return os.getpid()
