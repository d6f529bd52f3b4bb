"""A worker that writes down what Python opens, connects to or starts; the first argument names the file."""

from __future__ import annotations

import os
import sys

_HEARD = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "urllib.")


def main() -> None:
    book = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    from kg.filmgraph import FilmGraph
    from kg.server.workers import worker

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_HEARD) and event not in ("socket.__new__",):
            os.write(book, f"{event} {arguments[0]!r}\n".encode())

    class Audited(FilmGraph):
        """The graph; once it is open, everything is written down."""

        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[arg-type]  # as they were given
            sys.addaudithook(hear)

    vars(worker)["FilmGraph"] = Audited
    worker.main()


if __name__ == "__main__":
    main()
