"""Public linking benchmarks as pairs of mentions, with the answers withheld from the linker."""

from __future__ import annotations

import csv
import random
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from kg.linking.model import Credit, Mention
from kg.text.wikipedia_titles import title_of_article

_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_BY = re.compile(r"\bby (.*)$")
_ROLES = {
    "DIRECTING": "director",
    "CINEMATOGRAPHY": "cinematographer",
    "WRITING": "writer",
    "ACT": "cast",
    "FILM EDITING": "editor",
    "MUSIC": "composer",
    "BEST PICTURE": "producer",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Two sides, and what is known: `same` pairs by ids; where `denied` is given, nothing is known of other pairs."""

    name: str
    left: list[Mention]
    right: list[Mention]
    same: frozenset[tuple[str, str]] = frozenset()
    denied: frozenset[tuple[str, str]] | None = None


def oscars_and_wikidata(data: Path) -> Task:
    """The films of the Oscars table against 12,011 films of Wikidata; an equal IMDb identifier is the gold."""
    left, right, of = list(_oscars(data / "oscars/oscars.csv")), [], defaultdict(set)
    for item, (names, text, article, imdb) in _wikidata(data / "wikidata_films_2024/Film.Basics.csv").items():
        people, title = _BY.search(text), title_of_article(article)
        years = {int(year[1])} if (year := _YEAR.search(text)) is not None else set()
        if title is not None:
            names = tuple(dict.fromkeys((*names, title.name)))
            years |= {title.year} if title.year is not None else set()
        directors = re.split(r", | and ", people[1]) if people else []
        kind = "Series" if "television series" in text else "Episode" if text.startswith("episode") else ""
        credits = tuple(Credit(name, "director") for name in directors)
        right.append(Mention(item, names, class_name=kind, years=tuple(sorted(years)), credits=credits))
        for one in imdb:
            of[one].add(item)
    same = frozenset((film.id, item) for film in left for item in of[film.id])
    return Task("Oscars, Wikidata", left, right, same)


def _oscars(path: Path) -> Iterator[Mention]:
    titles: dict[str, dict[str, None]] = defaultdict(dict)
    years: dict[str, set[int]] = defaultdict(set)
    credits: dict[str, dict[Credit, None]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            role = next((role for word, role in _ROLES.items() if row["CanonicalCategory"].startswith(word)), "")
            first = int(row["Year"][:4])
            for film, title in zip((row["FilmId"] or "").split("|"), (row["Film"] or "").split("|"), strict=False):
                if film.startswith("tt"):
                    titles[film][title] = None
                    years[film] |= {first, first + 1} if "/" in row["Year"] else {first}
                    credits[film].update(
                        {Credit(name, role): None for name in (row["Nominees"] or "").split("|") if name}
                    )
    for film, names in titles.items():
        dated = tuple(sorted(years[film]))
        yield Mention(film, tuple(names), years=dated, date_kind="award", credits=tuple(credits[film]))


def _wikidata(path: Path) -> Mapping[str, tuple[tuple[str, ...], str, str, set[str]]]:
    """Item -> its names, its description, the address of its article, and its identifiers."""
    found: dict[str, tuple[tuple[str, ...], str, str, set[str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            item = row["item"].rpartition("/")[2]
            names, text, article, imdb = found.get(item, ((), row["itemDescription"], row["article"], set()))
            found[item] = (tuple(dict.fromkeys((*names, row["itemLabel"]))), text, article, imdb | {row["imdb"]})
    return found


def movielens_and_dbpedia(data: Path) -> Task:
    """MovieLens titles such as "Mask, The (1994)" against the names of DBpedia's pages."""
    left, right, same = [], {}, set()
    path = data / "ml_dbpedia_map/Movielens1M/MappingMovielens2DBpedia-1.2.tsv"
    for line in path.read_text(encoding="utf-8").splitlines():
        film, title, page = line.split("\t")[:3]
        name, year = re.fullmatch(r"(.*?)\s*(?:\((\d{4})\))?", title.strip()).groups()  # type: ignore[union-attr]
        left.append(Mention(film, tuple(_other_titles(name)), years=(int(year),) if year else ()))
        local = unquote(page.rpartition("/resource/")[2]).replace("_", " ")
        page_year = re.search(r"\((\d{4})\b[^()]*\)$", local)
        page_name = re.sub(r"\s*\([^()]*\b(?:film|movie|serial)\b[^()]*\)$", "", local)
        right[page] = Mention(page, (page_name,), years=(int(page_year[1]),) if page_year else ())
        same.add((film, page))
    return Task("MovieLens, DBpedia", left, list(right.values()), frozenset(same))


def _other_titles(title: str) -> list[str]:
    """MovieLens gives the original title in brackets: "City of Lost Children, The (Cité des enfants perdus, La)"."""
    name, other = re.fullmatch(r"(.*?)(?:\s*\((?:a\.k\.a\. )?(.*)\))?", title).groups()  # type: ignore[union-attr]
    return [name, other] if other else [name]


def winter(data: Path, one: str, other: str, gold: str) -> Task:
    """Two of the film tables that the WInte.r framework is tested with, and its gold standard of some pairs."""
    folder = data / "winter_movies/winter-usecases/usecase/movie"
    left, right = (list(_movies(folder / f"input/{name}.xml")) for name in (one, other))
    with (folder / f"goldstandard/{gold}.csv").open(encoding="utf-8") as file:
        rows = [(row[0], row[1], row[2].strip().lower() == "true") for row in csv.reader(file)]
    same = frozenset((a, b) for a, b, is_same in rows if is_same)
    return Task(
        f"WInte.r: {one}, {other}", left, right, same, frozenset((a, b) for a, b, is_same in rows if not is_same)
    )


def _movies(path: Path) -> Iterator[Mention]:
    for movie in ET.parse(path).getroot().iter("movie"):
        people = [(name.text or "", "director") for name in movie.findall("director/name")]
        people += [(name.text or "", "cast") for name in movie.findall("actors/actor/name")]
        credits = tuple(Credit(name, role) for names, role in people for name in names.split(" and "))
        year = (movie.findtext("date") or "")[:4]
        yield Mention(
            movie.findtext("id") or "",
            (movie.findtext("title") or "",),
            years=(int(year),) if year else (),
            date_kind="award",
            credits=credits,
        )


def filmographies(data: Path) -> tuple[list[Mention], list[Mention]]:
    """People and their films in Wikidata and in a museum's catalogue; there is no gold, and there are no years."""
    sides = []
    for name in ("data1.csv", "data2.csv"):
        people: dict[str, str] = {}
        films: dict[str, str] = {}
        pairs: dict[tuple[str, str], None] = {}
        with (data / "filmography_matching" / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                person, film = f"p-{row['agent_id'].lower()}", f"w-{row['work_id'].lower()}"
                people[person], films[film] = row["agent_label"], row["work_label"]
                pairs[person, film] = None
        credited: dict[str, list[Credit]] = defaultdict(list)
        for person, film in pairs:
            credited[film].append(Credit(people[person], "", person))
            credited[person].append(Credit(films[film], "", film))
        side = [
            Mention(f"{name[4]}-{id}", (label,), "film", credits=tuple(credited[id])) for id, label in films.items()
        ]
        side += [
            Mention(f"{name[4]}-{id}", (label,), "person", credits=tuple(credited[id])) for id, label in people.items()
        ]
        sides.append(
            [replace(one, credits=tuple(replace(c, id=f"{name[4]}-{c.id}") for c in one.credits)) for one in side]
        )
    return sides[0], sides[1]


def many(data: Path, left: int, right: int) -> Task:
    """The first films of the Oscars against those of Wikidata, and films made up of their words."""
    task, luck = oscars_and_wikidata(data), random.Random(1)
    words = [one.name.split() for one in task.right]
    made = []
    for number in range(max(0, right - len(task.right))):
        one, other = luck.choice(words), luck.choice(words)
        title = " ".join((*one[: luck.randint(1, len(one))], *other[-luck.randint(1, len(other)) :]))
        model = luck.choice(task.right)
        made.append(Mention(f"made-{number}", (title,), years=(luck.randint(1920, 2024),), credits=model.credits))
    kept = {one.id for one in task.left[:left]}
    same = frozenset(pair for pair in task.same if pair[0] in kept)
    return Task(f"{left:,} against {right:,}", task.left[:left], [*task.right, *made][:right], same)


def sequels(data: Path) -> Task:
    """Films of MetaQA in two catalogues: a third of them in both, the others, with their sequels, in one of them.

    The second catalogue writes titles, years and casts in its own way, and each has remakes that the other does not.
    """
    luck = random.Random(2)
    films = [film for film in _metaqa(data / "metaqa/kb.txt") if film.credits and film.years]
    left, right, same = [], [], set()
    for number, film in enumerate(films):
        place = luck.choice(("left", "right", "both"))
        remake = _remake(film, luck.choice(films), luck) if luck.random() < 0.02 else None
        if place != "right":
            left.append(replace(film, id=f"l-{number}"))
            right += [replace(remake, id=f"rr-{number}")] if remake is not None else []
        if place != "left":
            right.append(replace(_as_another_writes(film, luck), id=f"r-{number}"))
            left += [replace(remake, id=f"ll-{number}")] if remake is not None and place == "right" else []
        if place == "both":
            same.add((f"l-{number}", f"r-{number}"))
    return Task("MetaQA, sequels and remakes", left, right, frozenset(same))


def _metaqa(path: Path) -> Iterator[Mention]:
    roles = {"directed_by": "director", "written_by": "writer", "starred_actors": "castMember"}
    films: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in path.read_text(encoding="utf-8").splitlines():
        film, relation, value = line.split("|", 2)
        films[film][relation].append(value)
    for title, values in films.items():
        years = values["release_year"]
        # A film of several years is several films of one title.
        if len(years) == 1:
            credits = tuple(Credit(name, role) for relation, role in roles.items() for name in values[relation])
            yield Mention(title, (title,), years=(int(years[0]),), credits=credits)


def _remake(film: Mention, other: Mention, luck: random.Random) -> Mention:
    """Another film of the same title, made by the people of a third one, up to six years later."""
    return replace(film, years=(film.years[0] + luck.randint(0, 6),), credits=other.credits)


_ROMAN = {"2": "II", "3": "III", "4": "IV", "6": "VI"}
_ARABIC = {roman: number for number, roman in _ROMAN.items()}


def _as_another_writes(film: Mention, luck: random.Random) -> Mention:
    title = " ".join(
        _ARABIC.get(word, _ROMAN.get(word, word)) if luck.random() < 0.5 else word for word in film.name.split()
    )
    if title.startswith("The ") and luck.random() < 0.3:
        title = f"{title[4:]}, The"
    if luck.random() < 0.05 and len(title) > 4:
        place = luck.randrange(1, len(title))
        title = title[:place] + luck.choice(("", luck.choice("aeinrst"))) + title[place + luck.randint(0, 1) :]
    shift = luck.choice((-1, 1)) if luck.random() < 0.1 else 0
    years = () if luck.random() < 0.05 else (film.years[0] + shift,)
    directors = [credit for credit in film.credits if credit.role == "director"]
    directors = directors[:1] if luck.random() < 0.3 else directors
    others = [credit for credit in film.credits if credit.role != "director" and luck.random() < 0.7]
    return replace(film, names=(title,), years=years, credits=(*directors, *others))


# --- generated catalogues


@dataclass(frozen=True, slots=True)
class _World:
    """The entities that two catalogues describe."""

    films: list[Mention]
    people: dict[str, list[Mention]]
    """Name of a person -> the person's films."""


def _world(data: Path, size: int, luck: random.Random) -> _World:
    """Films with remakes, sequels, series and episodes; the titles and names are made of those of real films."""
    models = [film for film in _metaqa(data / "metaqa/kb.txt") if film.credits and film.years]
    titles = [film.name for film in models]
    names = sorted({credit.name for film in models for credit in film.credits if " " in credit.name})
    firsts, lasts = sorted({name.split()[0] for name in names}), sorted({name.split()[-1] for name in names})
    people = [f"{luck.choice(firsts)} {luck.choice(lasts)}" for _ in range(size)]
    films: list[Mention] = []
    while len(films) < size:
        films += _group_of_films(len(films), luck.choice(models), titles, people, luck)
    films = films[:size]
    credited: dict[str, list[Mention]] = defaultdict(list)
    for film in films:
        for credit in film.credits:
            credited[credit.name].append(film)
    return _World(films, dict(credited))


def _group_of_films(
    start: int, model: Mention, titles: list[str], people: list[str], luck: random.Random
) -> Iterator[Mention]:
    """A film; and perhaps its remake, its sequels, or the episodes of a series."""
    title = model.name if luck.random() < 0.1 else _mixed_title(titles, luck)
    film = _made_film(start, title, luck.randint(1920, 2020), people, luck)
    chance = luck.random()
    yield replace(film, class_name="Series") if 0.10 <= chance < 0.12 else film
    if chance < 0.04:
        yield _made_film(start + 1, title, film.years[0] + luck.randint(8, 50), people, luck)
    elif chance < 0.10:
        for part in range(2, luck.randint(3, 5)):
            name = luck.choice((f"{title} {part}", f"{title}: Part {part}", f"{title}: {luck.choice(titles)}"))
            yield replace(film, id=str(start + part - 1), names=(name,), years=(film.years[0] + 2 * part - 2,))
    elif chance < 0.12:
        for part in range(1, 7):
            name = luck.choice((f"{title}: {luck.choice(titles)}", luck.choice(titles), f"Episode {part}"))
            series = Credit(title, "series")
            credits = (*film.credits[:1], series)
            yield replace(film, id=str(start + part), names=(name,), class_name="Episode", credits=credits)


def _mixed_title(titles: list[str], luck: random.Random) -> str:
    one, other = luck.choice(titles).split(), luck.choice(titles).split()
    return " ".join((*one[: luck.randint(1, 3)], *other[-luck.randint(1, 2) :]))


def _made_film(number: int, title: str, year: int, people: list[str], luck: random.Random) -> Mention:
    directors = [Credit(luck.choice(people), "director") for _ in range(luck.choice((1, 1, 1, 1, 2)))]
    cast = [Credit(luck.choice(people), "castMember") for _ in range(luck.randint(3, 8))]
    return Mention(str(number), (title,), years=(year,), credits=(*directors, *cast))


def _misspelt(text: str, luck: random.Random) -> str:
    """The text with a typing error, in one text of twenty."""
    if luck.random() > 0.05 or len(text) < 5:
        return text
    place = luck.randrange(1, len(text) - 1)
    return luck.choice(
        (
            text[:place] + text[place + 1 :],
            text[:place] + text[place + 1] + text[place] + text[place + 2 :],
            text[:place] + luck.choice("aeinrst") + text[place:],
        )
    )


_TRANSLATED = str.maketrans("aeioubdgstr", "eioaupkfzdl")


def _translated(title: str) -> str:
    """A title in a language of its own, which has no word of the first."""
    return " ".join(word.translate(_TRANSLATED) + "o" for word in title.casefold().split()).title()


def _written(film: Mention, luck: random.Random, *, credits: int | None = None) -> Mention:
    """A film as another catalogue writes it."""
    name = _as_another_writes(replace(film, credits=()), luck).name if luck.random() < 0.3 else film.name
    translated, chance = _translated(film.name), luck.random()
    names = (name, translated) if chance < 0.15 else (translated,) if chance < 0.17 else (name,)
    years: tuple[int, ...] = () if luck.random() < 0.05 else film.years
    if years and luck.random() < 0.08:
        years = (years[0] + luck.choice((-1, 1)),)
    people = [replace(credit, name=_misspelt(_person_written(credit.name, luck), luck)) for credit in film.credits]
    if credits is not None:
        # A source that names a director names the one that others name.
        second = [credit for credit in people if credit.role == "director"][1:]
        people = [credit for credit in people if credit not in second]
        people = luck.sample(people, min(credits, len(people)))
    return replace(film, names=tuple(_misspelt(one, luck) for one in names), years=years, credits=tuple(people))


def _person_written(name: str, luck: random.Random) -> str:
    words, chance = name.split(), luck.random()
    if chance < 0.05:
        return f"{words[-1]}, {' '.join(words[:-1])}"
    return f"{words[0][0]}. {words[-1]}" if chance < 0.08 else name


def _two_sides(films: list[Mention], luck: random.Random, *, credits: int | None = None) -> Task:
    """Two catalogues of a world: six films of ten in both, the others in one."""
    left, right, same = [], [], []
    for film in films:
        place = luck.choices(("both", "left", "right"), (6, 2, 2))[0]
        if place != "right":
            left.append(replace(_written(film, luck, credits=credits), id=f"l-{film.id}"))
        if place != "left":
            right.append(replace(_written(film, luck, credits=credits), id=f"r-{film.id}"))
        if place == "both":
            same.append((f"l-{film.id}", f"r-{film.id}"))
    luck.shuffle(right)
    return Task("", left, right, frozenset(same))


def generated(data: Path, size: int, *, credits: int | None = None, seed: int = 3) -> Task:
    """Two generated catalogues, of `size` films; with `credits`, only so many people of each film are named."""
    luck = random.Random(seed)
    task = _two_sides(_world(data, size, luck).films, luck, credits=credits)
    people = "" if credits is None else f", {credits} credit each"
    return replace(task, name=f"generated, {size:,} films{people}")


def generated_titles(data: Path, size: int) -> Task:
    """Titles with one actor or director each and no years; all films of the right are among those of the left."""
    luck = random.Random(4)
    films = [film for film in _world(data, size, luck).films if film.class_name != "Episode"]
    left = [replace(_written(film, luck, credits=1), id=f"l-{film.id}", years=()) for film in films]
    right = [
        replace(_written(film, luck, credits=1), id=f"r-{film.id}", years=()) for film in films if luck.random() < 0.8
    ]
    same = frozenset((f"l-{one.id[2:]}", one.id) for one in right)
    return Task("generated, titles and one person", left, right, same)


def generated_people(data: Path, size: int, *, films: int) -> Task:
    """People by their names and the titles of so many films each."""
    luck = random.Random(5)
    left: list[Mention] = []
    right: list[Mention] = []
    same = []
    for number, (name, credited) in enumerate(sorted(_world(data, size, luck).people.items())[: size // 2]):
        place = luck.choices(("both", "left", "right"), (6, 2, 2))[0]
        chosen = luck.sample(credited, min(films, len(credited)))
        for side, prefix, wanted in ((left, "l", "left"), (right, "r", "right")):
            if place in ("both", wanted):
                credits = tuple(Credit(_misspelt(film.name, luck)) for film in chosen)
                written = _misspelt(_person_written(name, luck), luck)
                side.append(Mention(f"{prefix}-{number}", (written,), "person", credits=credits))
        if place == "both":
            same.append((f"l-{number}", f"r-{number}"))
    named = f"and {films} film" if films else "alone"
    return Task(f"generated, people by name {named}", left, right, frozenset(same))


TASKS: Mapping[str, Callable[[Path], Task]] = {
    "oscars": oscars_and_wikidata,
    "movielens": movielens_and_dbpedia,
    "winter-actors": lambda data: winter(data, "academy_awards", "actors", "gs_academy_awards_2_actors_test"),
    "winter-globes": lambda data: winter(data, "actors", "golden_globes", "gs_actors_2_golden_globes"),
    "sequels": sequels,
    "many": lambda data: many(data, 5_000, 50_000),
    "generated": lambda data: generated(data, 10_000),
    "one-credit": lambda data: generated(data, 10_000, credits=1),
    "titles": lambda data: generated_titles(data, 10_000),
    "people": lambda data: generated_people(data, 10_000, films=1),
    "names": lambda data: generated_people(data, 10_000, films=0),
    "large": lambda data: generated(data, 125_000, credits=3),
}
