"""Ten clients ask for a while; meanwhile workers are killed and other builds are published: is every answer right?

    python -m tests.server.soak --seconds 300

After every hundredth answer a random worker is killed. Two states of the same films are published in turn. An answer
is right when it is the complete answer of one build or of the other; a 503 with a reason is counted apart; a connection
that ends without an answer is lost.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Lock, Thread
from urllib.parse import quote

from tests.projects import SmallProject
from tests.server.live import Live, memory_of, serving

FILMS, PEOPLE, CLIENTS, EVERY = 300, 20, 10, 100
_STORED = """\
#+ summary: Films that a person directed
#+ params:
#+   person: {type: entity, class: Person}
#+ returns: {film: a film, year: its year}
PREFIX film: <https://w3id.org/filmgraph/film/>
SELECT ?film ?year {
  VALUES ?person { film:p1 }
  ?film film:director ?person ; film:year ?year
}
ORDER BY ?film
"""
_FILM = "https://w3id.org/filmgraph/film/"

Check = Callable[[bytes], bool]


@dataclass
class Outcome:
    """What clients received, and what was done to the server meanwhile."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    killed: int = 0
    builds: int = 1
    memory: list[int] = field(default_factory=list)
    """Bytes that the processes which answer connections have, at one moment after another."""

    @property
    def growth(self) -> float:
        """The memory at the end : the memory once all had come up, medians of a quarter of the time each."""
        quarter = max(1, len(self.memory) // 4)
        return median(self.memory[-quarter:]) / median(self.memory[quarter : 2 * quarter] or self.memory)

    def report(self, seconds: float) -> str:
        """The figures, a line each."""
        first, last = self.memory[len(self.memory) // 4] >> 20, self.memory[-1] >> 20
        statuses = dict(sorted(self.answers.items()))
        return (
            f"{sum(statuses.values()):,} answers in {seconds:.0f} s: {statuses}"
            f"\n{self.killed} workers killed, {self.builds} builds"
            f"\nwrong: {len(self.wrong)}\nlost without an answer: {len(self.lost)}"
            f"\nmemory of the fronts: {first} MB after a quarter, {last} MB at the end, {self.growth:.2f} times"
        )


def year_of(film: int, state: int) -> int:
    """The year of a film in one state or the other."""
    return 1950 + film % 60 + state


def write_state(project: SmallProject, state: int) -> None:
    """Publish the films in one of the two states."""
    lines = [f"p{person}: {{type: Person, label: Person {person}}}" for person in range(PEOPLE)]
    lines += [
        f"f{film}: {{type: Film, label: Film {film}, director: p{film % PEOPLE}, year: {year_of(film, state)}}}"
        for film in range(FILMS)
    ]
    project.write("data/films.yaml", "source: encyclopedia\n\n" + "\n".join(lines) + "\n")
    report = project.build()
    assert report, "\n".join(map(str, report))


def _of_either(read: Callable[[bytes], object], states: list[object]) -> Check:
    return lambda body: read(body) in states


def draw(luck: random.Random) -> tuple[str, bytes, str, Check]:
    """A request - path, body, what to accept - and what is right for it."""
    film, person = luck.randrange(FILMS), luck.randrange(PEOPLE)
    films = sorted(f"{_FILM}f{number}" for number in range(person, FILMS, PEOPLE))
    match luck.randrange(5):
        case 0:
            query = f"SELECT ?year {{ film:f{film} film:year ?year }}"
            return f"/sparql?query={quote(query)}", b"", "application/json", _year_of_film(film)
        case 1:
            states: list[object] = [
                [[iri, str(year_of(int(iri.rpartition("/f")[2]), state))] for iri in films] for state in (0, 1)
            ]
            path = f"/queries/films-directed-by.csv?person=Person+{person}"
            return path, b"", "*/*", _of_either(_csv_rows, states)
        case 2:
            query = f"SELECT ?year {{ film:f{film} film:year ?year }} ORDER BY ?year # {luck.random()}"
            return "/sparql", query.encode(), "application/json", _year_of_film(film)
        case 3:
            query = f"CONSTRUCT {{ ?film film:of film:p{person} }} {{ ?film film:director film:p{person} }}"
            lines = {f"<{iri}> <{_FILM}of> <{_FILM}p{person}> ." for iri in films}
            return "/sparql", query.encode(), "application/n-triples", lambda body: set(_lines(body)) == lines
        case _:
            years = [f'"{year_of(film, state)}"^^' for state in (0, 1)]
            path = f"/film/f{film}.nt?again={luck.randrange(4)}"
            return path, b"", "*/*", lambda body: sum(year in body.decode() for year in years) == 1


def _year_of_film(film: int) -> Check:
    return _of_either(_years, [[str(year_of(film, state))] for state in (0, 1)])


def _years(body: bytes) -> object:
    return [row["year"]["value"] for row in json.loads(body)["results"]["bindings"]]


def _csv_rows(body: bytes) -> object:
    return list(csv.reader(io.StringIO(body.decode())))[1:]


def _lines(body: bytes) -> list[str]:
    return body.decode().splitlines()


class Soak:
    """Clients that ask and check, and what disturbs them."""

    def __init__(self, live: Live, project: SmallProject, seconds: float) -> None:
        self.live, self.project, self.seconds = live, project, seconds
        self.outcome, self.luck = Outcome(), random.Random(5)
        self._lock, self._end = Lock(), Event()

    def run(self) -> Outcome:
        """Send requests until the time is over."""
        threads = [Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        until, every = time.monotonic() + self.seconds, max(4.0, self.seconds / 20)
        rebuild = time.monotonic() + every
        while time.monotonic() < until:
            self.outcome.memory.append(sum(memory_of(front) for front in self.live.fronts))
            if time.monotonic() > rebuild:
                write_state(self.project, self.outcome.builds % 2)
                self.outcome.builds += 1
                rebuild = time.monotonic() + every
            time.sleep(min(1.0, self.seconds / 40))
        self._end.set()
        for thread in threads:
            thread.join()
        return self.outcome

    def _ask(self, number: int) -> None:
        luck = random.Random(number)
        client = http.client.HTTPConnection("127.0.0.1", self.live.port, timeout=60)
        while not self._end.is_set():
            path, body, accept, is_right = draw(luck)
            fields = {"Accept": accept} | ({"Content-Type": "application/sparql-query"} if body else {})
            try:
                client.request("POST" if body else "GET", path, body=body or None, headers=fields)
                answer = client.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self._note(lost=f"{path}: {error!r}")
                client.close()
                continue
            name, problem = str(answer.status), f"{path}: {answer.status} {content[:300]!r}"
            if answer.status == 503 and json.loads(content).get("detail"):
                self._note(name)
            else:
                self._note(name, wrong="" if answer.status == 200 and is_right(content) else problem)
        client.close()

    def _note(self, name: str = "", *, wrong: str = "", lost: str = "") -> None:
        with self._lock:
            if wrong:
                self.outcome.wrong.append(wrong)
            if lost:
                self.outcome.lost.append(lost)
                return
            self.outcome.answers[name] += 1
            if sum(self.outcome.answers.values()) % EVERY == 0:
                self._kill()

    def _kill(self) -> None:
        workers = self.live.workers
        if workers:
            try:
                os.kill(self.luck.choice(workers), signal.SIGKILL)
            except ProcessLookupError:
                return
            self.outcome.killed += 1


def soak(folder: Path, seconds: float) -> Outcome:
    """The outcome of so many seconds of requests."""
    project = SmallProject(folder)
    project.write("queries/films-directed-by.rq", _STORED)
    write_state(project, 0)
    with serving(project.folder, workers=2) as live:
        return Soak(live, project, seconds).run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(Path(folder) / "films", seconds)
    print(outcome.report(seconds))
    for problem in (*outcome.wrong[:5], *outcome.lost[:5]):
        print(problem)
    return 1 if outcome.wrong or outcome.lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
