"""The sandbox of a worker: it opens no socket, starts no program, and reads no file outside some folders.

A worker that asks another store may connect to that store's host and port, and to nothing else.

The query engine does none of this already: queries are checked before they reach it. This is the second wall, for
whatever Python code may be led to do. https://peps.python.org/pep-0578/
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

_FORBIDDEN = frozenset(
    (
        "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
        "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree",
        "ctypes.dlopen",
    )
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MEMORY_IN_USE = "/proc/self/status"


class _Reachable:
    """The host and port of a URL; its addresses are looked up again when it is connected to another."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._addresses = self._resolve() if url else frozenset()

    def allows(self, event: str, arguments: tuple[object, ...]) -> bool:
        """True for the look-up of the host, and for a connection to it."""
        if event == "socket.getaddrinfo":
            return bool(self.host) and arguments[0] == self.host
        if event != "socket.connect" or not self.host or not isinstance(address := arguments[1], tuple):
            return False
        if address[0] not in self._addresses:
            self._addresses = self._resolve()
        return address[0] in self._addresses and address[1] == self.port

    def _resolve(self) -> frozenset[str]:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return frozenset()
        return frozenset(str(address[0]) for *_, address in found)


def seal(readable: Iterable[Path], *, address: str = "") -> None:
    """Refuse all of this from now on, except reading in these folders: `PermissionError` is raised where it is tried.

    Python's own folders stay readable, since modules are imported when they are first needed.
    """
    package = Path(__file__).resolve().parents[1]
    folders: list[str | Path] = [sys.prefix, sys.base_prefix, *sys.path, package, *readable]
    reachable = _Reachable(address)
    roots = tuple(f"{Path(folder).resolve()}{os.sep}" for folder in folders)

    def check(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            _check_open(arguments, roots)
        elif event in _FORBIDDEN and not (
            (event == "ctypes.dlopen" and _is_within(arguments[0], roots)) or reachable.allows(event, arguments)
        ):
            raise PermissionError(f"A worker may not: {event}")

    sys.dont_write_bytecode = True
    sys.addaudithook(check)


def _check_open(arguments: tuple[object, ...], roots: tuple[str, ...]) -> None:
    path, _, flags = arguments
    if isinstance(path, int):
        return
    if isinstance(flags, int) and flags & _WRITING:
        raise PermissionError(f"A worker may not write {path!r}")
    if not _is_within(path, roots) and path != _MEMORY_IN_USE:
        raise PermissionError(f"A worker may not read {path!r}")


def _is_within(path: object, roots: tuple[str, ...]) -> bool:
    if path is None:
        return True
    text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    return os.path.realpath(text).startswith(roots)
