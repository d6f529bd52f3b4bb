"""Progress of commands on a terminal: bars, counters, and whether there is one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def is_plain() -> bool:
    """True when stderr is not a terminal, or colour and movement are disabled."""
    return not sys.stderr.isatty() or "NO_COLOR" in os.environ


_BUILD_STEPS = ("reading", "verifying", "deciding", "inferring", "checking", "storing")


@contextmanager
def step_progress() -> Iterator[Callable[[str], None] | None]:
    """A bar with the current step, on a terminal; None elsewhere."""
    if is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=len(_BUILD_STEPS))

        def show(step: str) -> None:
            completed = _BUILD_STEPS.index(step) if step in _BUILD_STEPS else None
            bar.update(task, description=step, completed=completed)

        yield show


@contextmanager
def build_progress(expected: Mapping[str, float]) -> Iterator[Callable[[str], None] | None]:
    """A bar with the phase of a build, the share that is done and the time left, on a terminal; None elsewhere.

    `expected` is how long each phase takes, in seconds of any machine.
    """
    if is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
    from rich.text import Text

    from kg.pipeline.forecast import TimeLeft, format_seconds

    left = TimeLeft(expected)

    class Share(ProgressColumn):
        def render(self, task: Task) -> Text:
            bar.update(task.id, completed=left.share(time.monotonic()))
            return Text(f"{format_seconds(left.seconds(time.monotonic()))} left")

    columns = (TextColumn("{task.description:<10}"), Share(), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        left.begin("reading", time.monotonic())
        task = bar.add_task("reading", total=1.0)

        def show(phase: str) -> None:
            if phase in expected:
                left.begin(phase, time.monotonic())
            bar.update(task, description=phase)

        yield show


@contextmanager
def bytes_progress(files: Iterable[Path]) -> Iterator[Callable[[int], None] | None]:
    """A bar of the bytes read of these files, on a terminal; None elsewhere."""
    if is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    total = sum(path.stat().st_size for path in files if path.is_file())
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda count: bar.advance(task, count)


@contextmanager
def counter(what: str) -> Iterator[Callable[[int], None]]:
    """The number of `what` that are done, on a terminal; nothing elsewhere."""
    if is_plain():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda count: bar.update(task, completed=count)
