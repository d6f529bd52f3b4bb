"""A session of OpenRefine with a server, over loopback: a table of two hundred films is matched, and filled."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from jsonschema import Draft202012Validator

from tests.projects import SmallProject
from tests.server.reconciliation_schemas import EXTENDED, MANIFEST, PROPOSED, RESULTS, SUGGESTED

FIRST = ("Silent", "Crimson", "Last", "Winter", "Broken", "Golden", "Hidden", "Lonely", "Savage", "Distant")
SECOND = ("Harbour", "Garden", "Detective", "Orchestra", "Border", "Carnival", "Letter", "Mountain", "Station", "River")
GIVEN = ("Agnès", "Béla", "Chantal", "Djibril", "Euzhan", "Forugh", "Glauber", "Haile")
FAMILY = ("Varda", "Tarr", "Akerman", "Mambéty", "Palcy", "Farrokhzad", "Rocha", "Gerima")


class Film:
    """A film of the table: three hundred have a hundred titles, so that each title has namesakes of other years."""

    def __init__(self, number: int) -> None:
        self.id = f"film-{number}"
        self.title = f"The {FIRST[number % 10]} {SECOND[number // 10 % 10]}"
        self.year = 1930 + (number // 100) * 25 + number % 7
        self.director = f"{GIVEN[number % 8]} {FAMILY[(number // 8) % 8]}"

    def misspelt(self, draw: random.Random) -> str:
        at = draw.randrange(5, len(self.title))
        return self.title[:at] + self.title[at + 1 :] if draw.random() < 0.5 else self.title.removeprefix("The ")


TABLE = [Film(number) for number in range(300)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `kg serve` answers."""
    project = SmallProject(tmp_path_factory.mktemp("refined") / "films")
    directors = dict.fromkeys(film.director for film in TABLE)
    names = {name: f"director-{number}" for number, name in enumerate(directors)}
    lines = [
        f"{film.id}: {{type: Film, label: {film.title}, director: {names[film.director]}, year: {film.year}}}"
        for film in TABLE
    ]
    lines += [f"{id}: {{type: Person, label: {name}}}" for name, id in names.items()]
    project.write("data/films.yaml", "source: encyclopedia\n\n" + "\n".join(lines) + "\n")
    project.open()
    yield from serve(project.folder)


def serve(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "kg", "serve", "--port", str(port), "--project", str(folder)]
    with subprocess.Popen(call, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not is_open(port):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait(timeout=30)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fetch(address: str, **form: Any) -> Any:
    """The JSON at a URL; a form is posted if there is one."""
    body = urlencode({name: json.dumps(value) for name, value in form.items()}).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=60) as answer:
        return json.loads(answer.read())


def valid(document: Any, schema: dict[str, Any]) -> Any:
    Draft202012Validator(schema).validate(document)
    return document


def test_a_table_of_films_is_matched_and_filled(address: str) -> None:
    manifest = valid(fetch(f"{address}/reconcile"), MANIFEST)
    draw = random.Random(7)
    rows = draw.sample(TABLE, 200)

    # Ten names without a type, to guess what the column is about.
    names = {f"q{number}": {"query": film.title, "limit": 3} for number, film in enumerate(rows[:10])}
    guessed = valid(fetch(f"{address}/reconcile", queries=names), RESULTS)
    kinds = Counter(
        kind["id"] for answer in guessed.values() for candidate in answer["result"] for kind in candidate["type"]
    )
    assert kinds.most_common(2)[0][0] in ("Film", "Work")

    # Other columns become clues; OpenRefine has their properties completed.
    suggest = manifest["suggest"]["property"]
    offered = fetch(f"{suggest['service_url']}{suggest['service_path']}?prefix=direc")["result"]
    assert "director" in [valid(property, SUGGESTED["property"])["id"] for property in offered]
    batch = {
        f"q{number}": {
            "query": film.misspelt(draw),
            "type": "Film",
            "type_strict": "should",
            "limit": 6,
            "properties": [
                {"pid": "director", "v": ", ".join(reversed(film.director.split()))},
                {"pid": "year", "v": str(film.year)},
            ],
        }
        for number, film in enumerate(rows)
    }
    results = valid(fetch(f"{address}/reconcile", queries=batch), RESULTS)
    best = {key: results[key]["result"][0] for key in batch if results[key]["result"]}
    meant = {f"q{number}": film.id for number, film in enumerate(rows)}
    assert sum(best[key]["id"] == meant[key] for key in best) >= 196
    assert all(candidate["id"] == meant[key] for key, candidate in best.items() if candidate["match"])
    assert sum(candidate["match"] for candidate in best.values()) >= 150

    # What is not certain is looked at, and decided by hand.
    preview = manifest["preview"]["url"].replace("{{id}}", quote(best["q0"]["id"], safe=""))
    with urllib.request.urlopen(preview, timeout=60) as shown:
        assert best["q0"]["name"] in shown.read().decode()
    entity = manifest["suggest"]["entity"]
    typed = fetch(f"{entity['service_url']}{entity['service_path']}?{urlencode({'prefix': rows[0].title})}")
    assert rows[0].title in [suggestion["name"] for suggestion in typed["result"]]
    flyout = f"{entity['flyout_service_url']}{entity['flyout_service_path']}".replace("${id}", best["q0"]["id"])
    assert fetch(flyout)["id"] == best["q0"]["id"]

    # Columns are added from what was matched.
    propose = manifest["extend"]["propose_properties"]
    proposed = valid(fetch(f"{propose['service_url']}{propose['service_path']}?type=Film&limit=10"), PROPOSED)
    assert {"director", "year"} <= {property["id"] for property in proposed["properties"]}
    query = {"ids": list(meant.values()), "properties": [{"id": "director", "settings": {"limit": 1}}, {"id": "year"}]}
    extension = valid(fetch(f"{address}/reconcile", extend=query), EXTENDED)
    for film in rows:
        assert extension["rows"][film.id]["year"] == [{"int": film.year}]
        assert [value["name"] for value in extension["rows"][film.id]["director"]] == [film.director]


def test_a_batch_that_is_too_large_is_refused_and_the_next_is_answered(address: str) -> None:
    many = {f"q{number}": {"query": "The Silent Harbour"} for number in range(5_000)}
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(f"{address}/reconcile", queries=many)
    with refused.value:
        assert refused.value.code == 413
    assert fetch(f"{address}/reconcile", queries={"q0": {"query": "The Silent Harbour"}})["q0"]["result"]
