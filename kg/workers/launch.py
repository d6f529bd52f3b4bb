"""A Python process that imports from where this one does, and nothing from the current folder.

Python puts the current folder first in its path, for `-m` and `-c`: a file `pyoxigraph.py` in the folder where somebody
starts a server would be its code. https://docs.python.org/3/using/cmdline.html#cmdoption-P
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def start_python(
    *arguments: str, stdin: int | IO[bytes], stdout: int | IO[bytes] | None = None, pass_fds: Iterable[int] = ()
) -> subprocess.Popen[bytes]:
    """Start Python with these arguments; raises `OSError` when the system allows no further process."""
    # The first entry is the folder of the script that runs, or the current one.
    folders = [*sys.path[not sys.flags.safe_path :], str(Path(__file__).resolve().parents[2])]
    folders = [folder for folder in folders if Path(folder).is_absolute()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    call = [sys.executable, "-P", *arguments]
    return subprocess.Popen(call, stdin=stdin, stdout=stdout, pass_fds=tuple(pass_fds), env=environment)  # noqa: S603
