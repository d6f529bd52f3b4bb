"""Files are written completely or not at all; links, pipes and devices are kept."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.files.atomic import write_file


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "Anora, "
        raise RuntimeError

    path = tmp_path / "films.txt"
    write_file(path, ("Tangerine",))
    with pytest.raises(RuntimeError):
        write_file(path, pieces())
    assert path.read_text(encoding="utf-8") == "Tangerine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    film, link = tmp_path / "anora.yaml", tmp_path / "best-picture.yaml"
    film.write_text("old")
    link.symlink_to(film)
    write_file(link, ("new",))
    assert link.is_symlink()
    assert film.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    write_file(pipe, ("Anora",))
    reader.join(timeout=30)
    assert received == ["Anora"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["no-such-folder/films.ttl", "films/below-a-file.ttl", "folder"])
def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "films").write_text("a file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot be written: \w"):
        write_file(tmp_path / name, ("Anora",))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "folder"]
