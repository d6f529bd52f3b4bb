"""A worker that has opened its graph is sealed: it opens no socket, starts no program, and reads no foreign file.

The engine is told to do none of this already: queries are guarded before they reach it. This is the second wall, for
whatever Python code may be led to do. https://peps.python.org/pep-0578/
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kg.passages.texts import TEXTS_VARIABLE
from kg.project import Project

_FORBIDDEN = frozenset(
    (
        "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
        "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree",
        "ctypes.dlopen",
    )
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def seal(project: Project) -> None:
    """Refuse from now on what a query may not lead to: `PermissionError` is raised where it is tried."""
    package = Path(__file__).resolve().parents[1]
    # The first place that Python looks for modules is the working folder, which may be anybody's home.
    folders: list[str | Path | None] = [sys.prefix, sys.base_prefix, *sys.path[1:], package]
    folders += [project.folder, project.build_folder, os.environ.get(TEXTS_VARIABLE)]
    roots = tuple(f"{Path(folder).resolve()}{os.sep}" for folder in folders if folder)

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            _look_at(arguments, roots)
        elif event in _FORBIDDEN and not (event == "ctypes.dlopen" and _is_within(arguments[0], roots)):
            raise PermissionError(f"A worker may not: {event}")

    sys.dont_write_bytecode = True
    sys.addaudithook(hear)


def _look_at(arguments: tuple[object, ...], roots: tuple[str, ...]) -> None:
    path, _, flags = arguments
    if isinstance(path, int):
        return
    if isinstance(flags, int) and flags & _WRITING:
        raise PermissionError(f"A worker may not write {path!r}")
    if not _is_within(path, roots) and path != "/proc/self/status":
        raise PermissionError(f"A worker may not read {path!r}")


def _is_within(path: object, roots: tuple[str, ...]) -> bool:
    if path is None:
        return True
    text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    return os.path.realpath(text).startswith(roots)
